"""The operator's commands for the knowledge base: lint, import, export."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from bot.cli_output import plain_errors, progress_bar, say
from bot.domain import Entry
from bot.knowledge.differences import changes
from bot.operations import Operations, TableChoices

if TYPE_CHECKING:
    from bot.knowledge.importing import ImportReport

_LINES_SHOWN = 20
_MAX_ROWS = 50_000
_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


def knowledge_commands(operations: Operations) -> AppGroup:
    """``flask --app wsgi knowledge …``."""
    group = AppGroup("knowledge", help="Check the knowledge base; import and export tables.")

    @group.command("lint")
    @click.option("--no-model", is_flag=True, help="Skip the search for look-alike entries.")
    @plain_errors
    def lint(no_model: bool) -> None:
        """List everything wrong with the knowledge files; exit status 1 if there is an error."""
        problems = operations.lint(with_embedder=not no_model)
        for problem in problems:
            say(str(problem))
        errors = sum(problem.is_error for problem in problems)
        click.echo(f"{errors} errors, {len(problems) - errors} warnings")
        sys.exit(1 if errors else 0)

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--to", "folder", type=_FOLDER, required=True, help="The knowledge folder; made if need be."
    )
    @click.option("--dry-run", is_flag=True, help="Only say what would change.")
    @click.option("--sheet", help="Sheet of a workbook; default: the first.")
    @click.option("--max-rows", type=click.IntRange(min=1), default=_MAX_ROWS, show_default=True)
    @click.option(
        "--all", "everything", is_flag=True, help=f"List more than the first {_LINES_SHOWN} of a kind."
    )
    @plain_errors
    def import_file(
        file: Path, folder: Path, dry_run: bool, sheet: str | None, max_rows: int, everything: bool
    ) -> None:
        """Put the entries of FILE (.jsonl, .csv, .xlsx) into a knowledge folder.

        Says what is new, and of what changes what it says now. Entries of the same id and language are
        replaced; nothing is deleted. Rows that cannot be used are written to
        FILE.rejected.csv; the exit status is 1 then.
        """
        with progress_bar() as progress:
            report, rejected = operations.import_table(
                file, folder, TableChoices(sheet, max_rows, dry_run), progress
            )
        _report(report, dry_run=dry_run, shown=None if everything else _LINES_SHOWN)
        if rejected:
            click.echo(f"the rows left out are in {rejected}")
        sys.exit(1 if report.merged.rejected else 0)

    @group.command("export")
    @click.argument("file", type=_FILE)
    @click.option("--from", "folder", type=_FOLDER, help="The knowledge folder; default: BOT_KNOWLEDGE_DIR.")
    @plain_errors
    def export_file(file: Path, folder: Path | None) -> None:
        """Write all entries to FILE (.jsonl, .csv, .xlsx), as ``import`` reads them."""
        count = operations.export_table(file, folder)
        click.echo(f"{count} entries written to {file}")

    return group


def _report(report: ImportReport, *, dry_run: bool, shown: int | None) -> None:
    merged = report.merged
    for note in report.notes:
        say(f"note: {note}")
    _lines("same twice: ", merged.duplicates, shown)
    _lines("left out: ", (f"row {item.row.number}: {item.reason}" for item in merged.rejected), shown)
    _lines("new: ", map(_new, merged.added), shown)
    _lines("changed: ", map(_changed, merged.replaced, merged.changed), shown)
    _report_absent(merged.absent, shown)
    would = "would be " if dry_run else ""
    if not report.files:
        click.echo("nothing changes")
    click.echo(
        f"{len(merged.added)} entries {would}added, {len(merged.changed)} {would}changed, "
        f"{merged.unchanged} unchanged; {len(merged.rejected)} rows {would}left out, "
        f"{len(report.files)} files {would}written"
    )


def _new(entry: Entry) -> str:
    more = f" and {len(entry.phrasings)} other ways to ask it" if entry.phrasings else ""
    return f'{entry.id} ({entry.language}): "{entry.question}"{more}'


def _changed(old: Entry, new: Entry) -> str:
    lines = [f"{old.id} ({old.place})", *(f"    {change}" for change in changes(old, new))]
    return "\n".join(lines)


def _report_absent(absent: Sequence[Entry], shown: int | None) -> None:
    """Name them where the table is nearly the whole folder: somebody may have deleted rows."""
    if not absent:
        return
    click.echo(
        f"not in the table: {len(absent)} entries of the folder, which stay as they are; "
        "an import deletes nothing: to delete an entry, take its section out of its file"
    )
    if shown is None or len(absent) <= shown:
        _lines("    stays: ", (f"{entry.id} ({entry.place})" for entry in absent), shown)


def _lines(opening: str, lines: Iterable[str], shown: int | None) -> None:
    """The first of a list, all with None, and how many more there are."""
    listed = list(lines)
    for line in listed[:shown]:
        say(opening + line)
    if shown is not None and len(listed) > shown:
        click.echo(f"{opening}… and {len(listed) - shown} more; --all lists them")

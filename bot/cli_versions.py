"""The operator's commands for versions that were built: list, compare, go back, verify, tidy up."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from bot import version_diff
from bot.cli_output import plain_errors, user_name
from bot.errors import IndexMissingError, IndexUnusableError, ModelError
from bot.operations import Operations
from bot.publishing_rejected import Approval
from bot.retrieval.versions import REMEDY
from bot.versions_overview import VersionRow, overview, resolve

_HEAD = "state     built (UTC)       entries phrasings  checks met  model"


def add_version_commands(group: AppGroup, operations: Operations) -> None:
    """Add them to the group ``index``."""
    _add_list(group, operations)
    _add_diff(group, operations)
    _add_rollback(group, operations)
    _add_publish(group, operations)
    _add_verify(group, operations)
    _add_prune(group, operations)


def _add_list(group: AppGroup, operations: Operations) -> None:
    @group.command("list")
    @plain_errors
    def list_versions() -> None:
        """List the versions, newest first: the live one, older ones, rejected ones."""
        rows = overview(operations.store)
        if not rows:
            raise IndexMissingError(
                "no index in %(folder)s; %(remedy)s", folder=operations.store.folder, remedy=REMEDY
            )
        width = max(len(row.name) for row in rows)
        click.echo(f"{'version':{width}}  {_HEAD}")
        for row in rows:
            click.echo(f"{row.name:{width}}  {row.state:8}  {_facts(row)}")
            if row.forced:
                click.echo(
                    f"    forced {row.forced.at} by {row.forced.by}: {row.forced.reason} ({row.forced.note})"
                )


def _facts(row: VersionRow) -> str:
    manifest = row.manifest
    if manifest is None:
        return row.complaint.split(";")[0]
    built = manifest.built_at[:16].replace("T", " ")
    counts = f"{manifest.counts['entries']:7,} {manifest.counts['phrasing']:9,}"
    met = f"{row.run.met} of {len(row.run.results)}" if row.run else "not asked"
    return f"{built}  {counts}  {met:>10}  {manifest.model}"


def _add_diff(group: AppGroup, operations: Operations) -> None:
    @group.command("diff")
    @click.argument("before", required=False)
    @click.argument("after", required=False)
    @plain_errors
    def show_difference(before: str | None, after: str | None) -> None:
        """Show what changed from version BEFORE to AFTER: entries and checks.

        By default the live version and the newest other one, the older first. A version may be given by
        part of its name, or as `live`.
        """
        store = operations.store
        names = [resolve(store, name) for name in (before, after) if name]
        found = operations.diff_versions(*_compared(operations, names))
        for line in version_diff.lines(found):
            click.echo(line)


def _compared(operations: Operations, names: list[str]) -> tuple[str, str]:
    store = operations.store
    if len(names) == 2:
        return names[0], names[1]
    here = names[0] if names else store.current()
    others = [row.name for row in overview(store) if row.manifest and row.name != here]
    other = store.current() if names and here != store.current_name() else next(iter(others), "")
    if not other:
        raise IndexMissingError(
            "there is no version to compare %(here)s with; %(remedy)s", here=here, remedy=REMEDY
        )
    first, second = sorted((here, other))
    return first, second


def _add_rollback(group: AppGroup, operations: Operations) -> None:
    @group.command("rollback")
    @click.argument("version", default="")
    @click.option("--by", default="", help="Who rolls back; default: the user of this machine.")
    @click.option("--reason", default="", help="Why; kept in the history.")
    @plain_errors
    def rollback(version: str, by: str, reason: str) -> None:
        """Make VERSION live again at once, by default the one that was live before.

        Rolled back twice, the one before that. The knowledge folder stays as it is: the next build that is
        asked for publishes it again.
        """
        done = operations.roll_back(version, by or user_name(), reason.strip())
        for complaint in done.passed_over:
            click.echo(f"passed over: {complaint}")
        if done.version == done.before:
            click.echo(f"index {done.version} is live already")
            return
        click.echo(f"index {done.version} is live again")
        if done.before:
            click.echo(f"to return: flask --app wsgi index rollback {done.before}")


def _add_publish(group: AppGroup, operations: Operations) -> None:
    @group.command("publish")
    @click.argument("version")
    @click.option("--reason", required=True, help="Why it is published all the same; kept in the history.")
    @click.option("--by", default="", help="Who answers for it; default: the user of this machine.")
    @plain_errors
    def publish(version: str, reason: str, by: str) -> None:
        """Make the rejected VERSION live as it was kept, in spite of the checks it failed.

        The knowledge folder stays as it is: the next build that is asked for is checked again.
        """
        if not reason.strip():
            raise click.UsageError("--reason is empty: say why it is to be published all the same")
        name = resolve(operations.store, version)
        before = operations.publish_rejected(name, Approval(by or user_name(), reason.strip()))
        click.echo(f"index {name} is live")
        if before:
            click.echo(f"to return: flask --app wsgi index rollback {before}")


def _add_verify(group: AppGroup, operations: Operations) -> None:
    @group.command("verify")
    @click.argument("version", default="")
    @plain_errors
    def verify(version: str) -> None:
        """Load VERSION and compare all checksums; by default all versions, but for those of other formats.

        The exit status is 1 if one is damaged.
        """
        store = operations.store
        names = (
            [resolve(store, version)] if version else [row.name for row in overview(store) if row.manifest]
        )
        if not names:
            store.current()
        damaged = [name for name in names if not _is_whole(operations, name)]
        sys.exit(1 if damaged else 0)


def _is_whole(operations: Operations, name: str) -> bool:
    live = " (live)" if name == operations.store.current_name() else ""
    try:
        operations.load_version(name)
    except (IndexUnusableError, ModelError) as error:
        click.echo(f"index {name}{live} cannot serve: {error}")
        return False
    click.echo(f"index {name}{live} is whole")
    return True


def _add_prune(group: AppGroup, operations: Operations) -> None:
    @group.command("prune")
    @click.option(
        "--keep", type=click.IntRange(min=0), help="Old versions to keep; default: BOT_KEEP_VERSIONS."
    )
    @plain_errors
    def prune(keep: int | None) -> None:
        """Delete all but the newest old and rejected versions.

        The live one stays, and what was made live or replaced within the last minute.
        """
        gone = operations.prune(keep)
        for name in gone:
            click.echo(f"deleted {name}")
        click.echo(f"{len(gone)} deleted, {len(overview(operations.store))} there")

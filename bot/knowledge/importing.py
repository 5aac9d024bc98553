"""A table -> a knowledge folder: changed entries in their places, new ones in files of their own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Entry
from bot.errors import TableError
from bot.knowledge import loader
from bot.knowledge.differences import lost_characters
from bot.knowledge.file_changes import Change, changed_content, write_files
from bot.knowledge.merging import Key, Merged, merge
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import Table
from bot.ports import Progress, no_progress

ENTRIES_A_FILE = 200
FOLDER = "imported"
_NAME_LENGTH = 40
_NOT_NAME = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class ImportReport:
    """What an import did or would do."""

    merged: Merged
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def import_table(
    table: Table,
    folder: Path,
    languages: Languages,
    *,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> ImportReport:
    """Merge a table into a folder, which is made if need be.

    Raises KnowledgeError when what is there already has errors, or cannot be changed in place, and
    TableError when characters were lost on the table's way.
    """
    existing = _existing(folder)
    merged = merge(table.rows, existing, languages)
    _require_whole(merged)
    contents = dict(_contents(folder, existing, merged, progress))
    if contents and not dry_run:
        write_files(folder, contents)
    return ImportReport(merged, tuple(sorted(contents)), table.notes)


def _require_whole(merged: Merged) -> None:
    pairs = zip(merged.replaced, merged.changed, strict=True)
    lost = [(new.id, text) for old, new in pairs if (text := lost_characters(old, new))]
    if lost:
        raise TableError(
            "the file was saved without the characters of %(count)s entries: %(entry)s now says "
            '"%(text)s"; save it as .xlsx or as "CSV UTF-8"; nothing was imported',
            count=len(lost),
            entry=lost[0][0],
            text=lost[0][1][:_NAME_LENGTH],
        )


def _existing(folder: Path) -> dict[Key, Entry]:
    if not any(loader.markdown_files(folder / language) for language in loader.LANGUAGES):
        return {}
    return {(entry.language, entry.id): entry for entry in loader.load(folder).entries}


def _contents(
    folder: Path, existing: Mapping[Key, Entry], merged: Merged, progress: Progress
) -> Iterator[tuple[Path, bytes]]:
    """Name and new content of every file that changes."""
    pending: dict[Path, list[Change]] = defaultdict(list)
    for old, new in zip(merged.replaced, merged.changed, strict=True):
        pending[old.place.path].append(Change(old, new))
    for name, entry in _placed(merged.added, existing.values()):
        pending[name].append(Change(None, entry))
    for done, (name, changes) in enumerate(pending.items(), 1):
        path = folder / name
        yield name, changed_content(name, path.read_bytes() if path.exists() else None, changes)
        progress("writing entries", done, len(pending))


def _placed(added: Iterable[Entry], existing: Iterable[Entry]) -> Iterator[tuple[Path, Entry]]:
    """A file for every new entry: its topic's, then that one's next when it is full."""
    counts: dict[Path, int] = defaultdict(int)
    for entry in existing:
        counts[entry.place.path] += 1
    part: dict[tuple[str, str], int] = defaultdict(lambda: 1)
    for entry in added:
        subject = (entry.language, _file_name(entry.topic))
        while counts[_path(*subject, part[subject])] >= ENTRIES_A_FILE:
            part[subject] += 1
        name = _path(*subject, part[subject])
        counts[name] += 1
        yield name, entry


def _path(language: str, subject: str, part: int) -> Path:
    return Path(language, FOLDER, f"{subject}.md" if part == 1 else f"{subject}-{part}.md")


def _file_name(topic: str) -> str:
    return _NOT_NAME.sub("-", topic.casefold())[:_NAME_LENGTH].strip("-") or "entries"

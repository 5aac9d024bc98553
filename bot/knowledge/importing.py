"""A table -> a knowledge folder: changed entries in their places, new ones in files of their own.

Nothing is written before everything is known to be right; then whole files move into place, so that the
folder can be loaded at every moment.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Entry
from bot.errors import KnowledgeError, TableError
from bot.knowledge import loader
from bot.knowledge.differences import lost_characters
from bot.knowledge.markdown import entry_spans
from bot.knowledge.markdown_writing import render
from bot.knowledge.merging import Key, Merged, merge
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import Table
from bot.ports import Progress, no_progress

ENTRIES_A_FILE = 200
FOLDER = "imported"
_NAME_LENGTH = 40
_UNTITLED = {"zh": "导入的条目", "en": "Imported entries"}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
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
        _write(folder, contents)
    return ImportReport(merged, tuple(sorted(contents)), table.notes)


def _require_whole(merged: Merged) -> None:
    pairs = zip(merged.replaced, merged.changed, strict=True)
    lost = [(new.id, text) for old, new in pairs if (text := lost_characters(old, new))]
    if lost:
        raise TableError(
            f"the file was saved without the characters of {len(lost)} entries: {lost[0][0]} now says "
            f'"{lost[0][1][:_NAME_LENGTH]}"; save it as .xlsx or as "CSV UTF-8"; nothing was imported'
        )


def _existing(folder: Path) -> dict[Key, Entry]:
    if not any(loader.markdown_files(folder / language) for language in loader.LANGUAGES):
        return {}
    return {(entry.language, entry.id): entry for entry in loader.load(folder).entries}


def _contents(
    folder: Path, existing: Mapping[Key, Entry], merged: Merged, progress: Progress
) -> Iterator[tuple[Path, bytes]]:
    """Name and new content of every file that changes."""
    pending: dict[Path, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for entry in merged.changed:
        pending[entry.place.path][0].append(entry)
    for name, entry in _placed(merged.added, existing.values()):
        pending[name][1].append(entry)
    for done, (name, (changed, added)) in enumerate(pending.items(), 1):
        yield name, _content(folder / name, changed, added)
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


def _content(path: Path, changed: Sequence[Entry], added: Sequence[Entry]) -> bytes:
    """The file with some sections replaced and some added, every other byte as it was."""
    if not path.exists():
        title = added[0].topic or _UNTITLED[added[0].language]
        return "\n".join([f"# {title}\n", *map(render, added)]).encode()
    text = path.read_bytes().decode()
    line_end = "\r\n" if "\r\n" in text else "\n"
    kept = _replaced(path, text, changed, line_end)
    ending = "" if kept.endswith(("\n", "\r")) else line_end
    more = "".join("\n" + render(entry) for entry in added).replace("\n", line_end)
    return (kept + ending + more if more else kept).encode()


def _replaced(path: Path, text: str, changed: Sequence[Entry], line_end: str) -> str:
    spans = entry_spans(text)
    if not spans:
        raise KnowledgeError(f"{path} is a plain document without ids; change it there, or rename it")
    lines = _LINES.findall(text)
    for entry in sorted(changed, key=lambda entry: -entry.place.line):
        start, stop = entry.place.line, spans[entry.place.line]
        section = render(entry) + ("\n" if stop < len(lines) else "")
        lines[start - 1 : stop] = [section.replace("\n", line_end)]
    return "".join(lines)


def _write(folder: Path, contents: Mapping[Path, bytes]) -> None:
    """Stage every file, then move them into place in one go that Ctrl-C does not cut."""
    folder.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".importing-", dir=folder))
    try:
        moves = [(staged / str(n), folder / name) for n, name in enumerate(contents)]
        for (source, target), content in zip(moves, contents.values(), strict=True):
            _stage(source, target, content)
        with _uninterrupted():
            for source, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target.resolve())
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _stage(source: Path, target: Path, content: bytes) -> None:
    with source.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, source)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

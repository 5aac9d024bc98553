"""Changes of entries -> new contents of knowledge files, and those moved into place.

Nothing is written before everything is known to be right; then whole files move into place, so that the
folder can be loaded at every moment.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Entry
from bot.errors import KnowledgeError
from bot.knowledge.markdown import entry_spans
from bot.knowledge.markdown_writing import render
from bot.knowledge.section_editing import edited_section

_UNTITLED = {"zh": "导入的条目", "en": "Imported entries"}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Change:
    """An entry as it stands in its file, and as it shall be; None: it is new, or goes."""

    old: Entry | None
    new: Entry | None


def changed_content(name: Path, before: bytes | None, changes: Sequence[Change]) -> bytes:
    """A file with sections changed and added, every other byte as it was; ``before`` None: it is new.

    Raises KnowledgeError where the file is a plain document, whose sections have no ids.
    """
    added = [change.new for change in changes if change.old is None and change.new is not None]
    if before is None:
        title = added[0].topic or _UNTITLED[added[0].language]
        return "\n".join([f"# {title}\n", *map(render, added)]).encode()
    text = before.decode()
    line_end = "\r\n" if "\r\n" in text else "\n"
    kept = _replaced(name, text, [change for change in changes if change.old is not None], line_end)
    ending = "" if kept.endswith(("\n", "\r")) or not kept else line_end
    more = "".join("\n" + render(entry) for entry in added).replace("\n", line_end)
    return (kept + ending + more if more else kept).encode()


def section_of(content: bytes, entry: Entry) -> str:
    """The text of the entry's section, with the lines as they end there; raises KnowledgeError.

    That is where the file is a plain document.
    """
    text = content.decode()
    start, spans = entry.place.line, entry_spans(text)
    if start not in spans:
        raise _no_ids(entry.place.path)
    return "".join(_LINES.findall(text)[start - 1 : spans[start]])


def _replaced(name: Path, text: str, changes: Sequence[Change], line_end: str) -> str:
    spans = entry_spans(text)
    if not spans and changes:
        raise _no_ids(name)
    lines = _LINES.findall(text)
    for old, new in sorted(_pairs(changes), key=lambda pair: -pair[0].place.line):
        start, stop = old.place.line, spans[old.place.line]
        section = "".join(lines[start - 1 : stop]).replace("\r\n", "\n").replace("\r", "\n")
        changed = edited_section(section, old, new) if new else ""
        lines[start - 1 : stop] = [changed.replace("\n", line_end)]
    return "".join(lines)


def _no_ids(name: Path) -> KnowledgeError:
    return KnowledgeError(
        "%(name)s is a plain document without ids; change it there, or rename it", name=name
    )


def _pairs(changes: Sequence[Change]) -> Iterator[tuple[Entry, Entry | None]]:
    return ((change.old, change.new) for change in changes if change.old is not None)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Whoever changes the folder comes one after the other; the kernel takes the lock from whoever dies."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_files(folder: Path, contents: Mapping[Path, bytes]) -> None:
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

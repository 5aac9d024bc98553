"""Entries as a version keeps them: a line of JSON each, parsed when an answer needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, overload

from bot.domain import Entry, Grade, Phrasing, Place
from bot.retrieval.keys import Keys
from bot.retrieval.lines import Lines, write_lines

ENTRIES_FILE = "entries.jsonl"
KEYS_FILE = "entries.npy"
# Parsed entries that are kept: what is asked again and again.
_KEPT = 2_048

Read = Callable[[Path, Callable[[Path], Any]], Any]


class StoredEntries(Sequence[Entry]):
    """All entries of a version in the order of the knowledge base. Thread-safe."""

    def __init__(self, lines: Lines, keys: Keys) -> None:
        self._count = len(lines)
        self._parsed = lru_cache(_KEPT)(partial(_parsed, lines))
        self._number = lru_cache(_KEPT)(lambda entry_id, language: keys.get(_key(entry_id, language)))

    def find(self, entry_id: str, language: str) -> Entry | None:
        """The entry with this id in a knowledge language, ``zh`` or ``en``."""
        number = self._number(entry_id, language)
        return None if number is None else self[number]

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> Entry: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Entry]: ...
    def __getitem__(self, number: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        return self._parsed(number)


def write_entries(folder: Path, entries: Iterable[Entry]) -> None:
    """Write both files into a version folder."""
    entries = list(entries)
    write_lines(folder / ENTRIES_FILE, [_json(entry) for entry in entries])
    Keys.of((_key(entry.id, entry.language), i) for i, entry in enumerate(entries)).save(folder / KEYS_FILE)


def read_entries(folder: Path, read: Read) -> StoredEntries:
    """What ``write_entries`` wrote; ``read`` reads a file with the function it is given."""
    return StoredEntries(read(folder / ENTRIES_FILE, Lines), read(folder / KEYS_FILE, Keys.load))


def _json(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """What JSON knows in place of a path or of a dataclass, which ``asdict`` would first copy in full."""
    return str(value) if isinstance(value, Path) else vars(value)


def _key(entry_id: str, language: str) -> str:
    return f"{language}/{entry_id}"


def _parsed(lines: Lines, number: int) -> Entry:
    fields: dict[str, Any] = json.loads(lines[number])
    return Entry(
        **fields
        | {
            "phrasings": _phrasings(fields["phrasings"]),
            "not_this": _phrasings(fields["not_this"]),
            "place": _place(fields["place"]),
            "grade": Grade(fields["grade"]),
            "sources": tuple(fields["sources"]),
            "related": tuple(fields["related"]),
            "includes": tuple(fields["includes"]),
        }
    )


def _phrasings(rows: list[dict[str, Any]]) -> tuple[Phrasing, ...]:
    return tuple(Phrasing(row["text"], _place(row["place"])) for row in rows)


def _place(fields: dict[str, Any]) -> Place:
    return Place(_path(fields["path"]), fields["line"])


@lru_cache(256)
def _path(text: str) -> Path:
    """Made once for all the phrasings of a file."""
    return Path(text)

"""A cache on disk: values by key in one SQLite file, shared by any number of processes.

It may be deleted at any time, and it is never the reason why a command fails: what cannot be read or kept
is made again, and a warning says why.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

_log = logging.getLogger(__name__)
SUFFIX = ".v1.sqlite3"
_DAY = 24 * 60 * 60
# The day of the last use is noted only when it has moved this far: a note rewrites the value's page.
_DAYS_BETWEEN_NOTES = 7
# SQLite allows 999 parameters even where it was built long ago.
_ASKED_AT_ONCE = 500
_PATIENCE = 10.0
# Several vectors of the usual sizes fill a page of this size almost wholly.
_PAGE_BYTES = 16_384
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cached (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON cached (used);
"""


@dataclass(frozen=True)
class Limits:
    """What a file may hold: values used within so many days, and so many bytes."""

    days: int = 90
    max_bytes: int = 4 * 2**30


_USUAL = Limits()


class _DamagedError(sqlite3.DatabaseError):
    """A row does not hold what was written."""


class DiskCache:
    """The values of one file, which is made when the first is kept.

    Every call opens the file anew, so threads, forks and its deletion do no harm.
    """

    def __init__(self, path: Path, limits: Limits = _USUAL, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._limits = limits
        self._today = int(clock() // _DAY)
        self._is_swept = False
        self._is_usable = True

    def read(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The keys that are there, each with its value."""
        if not (self._is_usable and self._path.is_file()):
            return
        aged: list[bytes] = []
        with self._tolerance(), _transaction(self._path) as connection:
            for key, value, crc, used in _selected(connection, keys):
                if _checksum(key, value) != crc:
                    raise _DamagedError("a value is not what was written")
                yield key, value
                if used < self._today - _DAYS_BETWEEN_NOTES:
                    aged.append(key)
            note = "UPDATE cached SET used = ? WHERE key = ?"
            connection.executemany(note, ((self._today, key) for key in aged))

    def made(self, key: bytes, make: Callable[[], bytes]) -> bytes:
        """The value of a key; made, and kept, where it is not there."""
        found = dict(self.read([key]))
        if key not in found:
            found[key] = make()
            self.keep(found.items())
        return found[key]

    def keep(self, values: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep values, each with its key."""
        if not self._is_usable:
            return
        rows = ((key, value, _checksum(key, value), self._today) for key, value in values)
        with self._tolerance(), _transaction(self._path) as connection:
            if not self._is_swept:
                self._sweep(connection)
            connection.executemany("INSERT OR REPLACE INTO cached VALUES (?, ?, ?, ?)", rows)

    def _sweep(self, connection: sqlite3.Connection) -> None:
        """Let go of what nobody used for long: values, beyond the limit the oldest, and whole files."""
        self._is_swept = True
        oldest = self._today - self._limits.days
        connection.execute("DELETE FROM cached WHERE used < ?", (oldest,))
        _shrink(connection, self._limits.max_bytes)
        for file in self._path.parent.glob(f"*{SUFFIX}"):
            if file.stat().st_mtime < oldest * _DAY:
                file.unlink(missing_ok=True)

    @contextmanager
    def _tolerance(self) -> Iterator[None]:
        """A failure of the file ends what is inside and is told, but not raised."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            self._is_usable = False
            _log.warning(
                "nothing can be kept in %s (%s), so it is made again each time; "
                "free some space or set BOT_CACHE_DIR to a writable folder",
                self._path,
                error,
            )
        except sqlite3.DatabaseError as error:
            _log.warning("%s is damaged (%s); it is thrown away and made again", self._path, error)
            for suffix in ("", "-journal"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_PATIENCE)) as connection:
        # Nothing waits for the disk: should a power cut tear the file, the checksums tell.
        connection.executescript(f"PRAGMA page_size = {_PAGE_BYTES}; PRAGMA synchronous = OFF; {_SCHEMA}")
        with connection:
            yield connection


def _selected(
    connection: sqlite3.Connection, keys: Sequence[bytes]
) -> Iterator[tuple[bytes, bytes, int, int]]:
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        asked = keys[start : start + _ASKED_AT_ONCE]
        marks = ", ".join("?" * len(asked))
        asked_for = f"SELECT * FROM cached WHERE key IN ({marks})"  # noqa: S608 - question marks  # nosec B608
        yield from connection.execute(asked_for, asked)


def _shrink(connection: sqlite3.Connection, max_bytes: int) -> None:
    """Delete the oldest values beyond a size, and some more, so that not every command has to."""
    pages, unused, rows = (
        int(connection.execute(question).fetchone()[0])
        for question in ("PRAGMA page_count", "PRAGMA freelist_count", "SELECT count(key) FROM cached")
    )
    used = (pages - unused) * _PAGE_BYTES
    if used > max_bytes:
        count = round(rows * (1 - 0.9 * max_bytes / used))
        oldest = "SELECT key FROM cached ORDER BY used LIMIT ?"
        connection.execute(f"DELETE FROM cached WHERE key IN ({oldest})", (count,))  # noqa: S608  # nosec B608


def _checksum(key: bytes, value: bytes) -> int:
    return crc32(value, crc32(key))

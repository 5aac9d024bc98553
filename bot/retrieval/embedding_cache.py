"""Keeps embeddings on disk: a text is embedded once a model, whichever command needs it again.

One SQLite file a model. It may be deleted at any time, and it is never the reason why a command fails: what
cannot be read or kept is embedded again, and a warning says why.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from bot.ports import Embedder, Progress, no_progress
from bot.retrieval.vectors import Vectors

_log = logging.getLogger(__name__)
_FOLDER, _SUFFIX = "embeddings", ".v1.sqlite3"
_DAY = 24 * 60 * 60
# The day of the last use is noted only when it has moved this far: a note rewrites the vector's page.
_DAYS_BETWEEN_NOTES = 7
# Embeddings are kept as they come: a command that is killed loses at most so many.
_KEPT_AT_ONCE = 1024
# SQLite allows 999 parameters even where it was built long ago.
_ASKED_AT_ONCE = 500
_PATIENCE = 10.0
# Several vectors of the usual sizes fill a page of this size almost wholly.
_PAGE_BYTES = 16_384
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB PRIMARY KEY, vector BLOB NOT NULL, crc INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON vectors (used);
"""


@dataclass(frozen=True)
class Limits:
    """What the cache may hold: vectors used within so many days, and so many bytes a model."""

    days: int = 90
    max_bytes: int = 4 * 2**30


def cache_file(cache_dir: Path, checksum: str) -> Path:
    """Where the embeddings of the model with this checksum are kept."""
    return cache_dir / _FOLDER / f"{checksum[:16]}{_SUFFIX}"


class CachedEmbedder:
    """An embedder that asks another one only for what the file at ``path`` does not hold.

    Use one file a model (``cache_file``). Thread-safe, and any number of processes may share the file.
    """

    def __init__(
        self,
        embedder: Embedder,
        path: Path,
        limits: Limits = Limits(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._embedder = embedder
        self.model, self.checksum, self.dimensions = embedder.model, embedder.checksum, embedder.dimensions
        self._kept = _VectorFile(path, self.dimensions, limits, clock)

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Unit vectors of questions: shape (len(texts), dimensions), float32."""
        return self._embed("query", self._embedder.embed_queries, texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Unit vectors of texts that are to be found: shape (len(texts), dimensions), float32."""
        return self._embed("passage", self._embedder.embed_passages, texts, progress)

    def _embed(
        self, kind: str, embed: Callable[..., Vectors], texts: Sequence[str], progress: Progress
    ) -> Vectors:
        keys = [_key(kind, text) for text in texts]
        missing = dict(zip(keys, texts, strict=True))
        row = {key: number for number, key in enumerate(missing)}
        vectors = np.empty((len(row), self.dimensions), np.float32)
        for key, vector in self._kept.read(list(row)):
            vectors[row[key]] = vector
            del missing[key]
        told = _Told(progress, known=len(row) - len(missing), total=len(missing))
        # Embedders pad the texts of a batch to the longest one.
        for batch in _portions(sorted(missing, key=lambda key: len(missing[key])), _KEPT_AT_ONCE):
            fresh = embed([missing[key] for key in batch], told)
            self._kept.write(batch, fresh)
            vectors[[row[key] for key in batch]] = fresh
            told.go_on(len(batch))
        return vectors if len(row) == len(keys) else vectors[[row[key] for key in keys]]


class _Told:
    """Progress over several calls of an embedder, of what is really embedded."""

    def __init__(self, progress: Progress, *, known: int, total: int) -> None:
        self._progress = progress
        self._what = f"embedding ({known:,} from the cache)" if known else "embedding"
        self._done, self._total = 0, total
        if known and not total:
            progress(self._what, 1, 1)

    def __call__(self, _what: str, done: int, _total: int) -> None:
        self._progress(self._what, self._done + done, self._total)

    def go_on(self, done: int) -> None:
        """A call has come to its end."""
        self._done += done


class _DamagedError(sqlite3.DatabaseError):
    """A row does not hold what was written."""


class _VectorFile:
    """Vectors by key. Every call opens the file anew: threads, forks and its deletion do no harm."""

    def __init__(self, path: Path, dimensions: int, limits: Limits, clock: Callable[[], float]) -> None:
        self._path = path
        self._bytes = dimensions * np.dtype(np.float32).itemsize
        self._limits = limits
        self._today = int(clock() // _DAY)
        self._is_swept = False
        self._is_usable = True

    def read(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, Vectors]]:
        """The keys that are there, each with its vector (dimensions,)."""
        if not (self._is_usable and self._path.is_file()):
            return
        aged: list[bytes] = []
        with self._tolerance(), _transaction(self._path) as connection:
            for portion in _portions(keys, _ASKED_AT_ONCE):
                for key, vector, crc, used in connection.execute(_select(len(portion)), portion):
                    yield key, self._checked(key, vector, crc)
                    if used < self._today - _DAYS_BETWEEN_NOTES:
                        aged.append(key)
            note = "UPDATE vectors SET used = ? WHERE key = ?"
            connection.executemany(note, ((self._today, key) for key in aged))

    def _checked(self, key: bytes, vector: bytes, crc: int) -> Vectors:
        if len(vector) != self._bytes or _checksum(key, vector) != crc:
            raise _DamagedError("a vector is not what was written")
        return np.frombuffer(vector, np.float32)

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors (n, dimensions), one a key."""
        if not self._is_usable:
            return
        rows = ((key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True))
        full = ((key, vector, _checksum(key, vector), self._today) for key, vector in rows)
        with self._tolerance(), _transaction(self._path) as connection:
            if not self._is_swept:
                self._sweep(connection)
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", full)

    def _sweep(self, connection: sqlite3.Connection) -> None:
        """Let go of what nobody used for long: vectors, beyond the limit the oldest, and whole files."""
        self._is_swept = True
        oldest = self._today - self._limits.days
        connection.execute("DELETE FROM vectors WHERE used < ?", (oldest,))
        excess = _bytes_used(connection) - self._limits.max_bytes
        if excess > 0:
            # More than the excess, so that not every command has to sweep.
            count = (excess + self._limits.max_bytes // 10) // self._bytes
            last = "SELECT key FROM vectors ORDER BY used LIMIT ?"
            connection.execute(f"DELETE FROM vectors WHERE key IN ({last})", (count,))  # noqa: S608
        for file in self._path.parent.glob(f"*{_SUFFIX}"):
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
                "embeddings cannot be kept in %s (%s), so all are made again each time; "
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


def _select(count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT key, vector, crc, used FROM vectors WHERE key IN ({marks})"  # noqa: S608


def _bytes_used(connection: sqlite3.Connection) -> int:
    pages, unused = (
        int(connection.execute(f"PRAGMA {count}").fetchone()[0]) for count in ("page_count", "freelist_count")
    )
    return (pages - unused) * _PAGE_BYTES


def _key(kind: str, text: str) -> bytes:
    return hashlib.blake2b(f"{kind}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _checksum(key: bytes, vector: bytes) -> int:
    return crc32(vector, crc32(key))


def _portions(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[start : start + size] for start in range(0, len(items), size))

"""A table of moments by name, in memory that all workers of one server share.

The usual libraries count over several processes only with a server beside them; this is a mapped file of
fixed size. A lock of the system's guards it, which it takes back from a worker that is killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

_SALT = 16
_ROW = struct.Struct("<16sQ")  # digest of a name, its moment in nanoseconds
_MOMENT = struct.Struct("<Q")
# A name has its place in one of the sets; in a full one it takes the place of the earliest moment.
_ROWS_PER_SET, _SETS = 8, 8192
_SET = _ROW.size * _ROWS_PER_SET
_DIGEST = _ROW.size - _MOMENT.size


class Moments:
    """65,536 names in 1.5 MiB, unreadable; ``file`` None = for this process only. Safe to share."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._one_thread = threading.Lock()

    def advance(self, name: str, step: int, now: int, latest: int) -> int:
        """Move a name's moment on by ``step`` from what it is, or from ``now`` if that is later.

        Not beyond ``latest``: then it stays, and the reply is by how much it would have been too late,
        otherwise 0. All in nanoseconds.
        """
        with self._locked() as table:
            digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST, key=table[:_SALT]).digest()
            place, moment = _find(table, digest)
            moved = max(moment, now) + step
            if moved > latest:
                return moved - latest
            _ROW.pack_into(table, place, digest, moved)
            return 0

    @contextmanager
    def _locked(self) -> Iterator[mmap.mmap]:
        with self._one_thread:
            table, descriptor = self._opened
            if descriptor is None:
                yield table
                return
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                yield table
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    @cached_property
    def _opened(self) -> tuple[mmap.mmap, int | None]:
        """Opened by whoever takes first, and after the fork: each process needs a lock of its own."""
        size = _SALT + _SET * _SETS
        if self._file is None:
            table = mmap.mmap(-1, size)
            table[:_SALT] = os.urandom(_SALT)
            return table, None
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_size != size:
            os.ftruncate(descriptor, size)
            os.pwrite(descriptor, os.urandom(_SALT), 0)
        return mmap.mmap(descriptor, size), descriptor


def _find(table: mmap.mmap, digest: bytes) -> tuple[int, int]:
    """Where a name's row is, and its moment; else where it may be put, and 0."""
    start = _SALT + int.from_bytes(digest[:4]) % _SETS * _SET
    rows = list(_ROW.iter_unpack(table[start : start + _SET]))
    for number, (found, moment) in enumerate(rows):
        if found == digest:
            return start + number * _ROW.size, moment
    earliest = min(range(_ROWS_PER_SET), key=lambda number: rows[number][1])
    return start + earliest * _ROW.size, 0

"""Keeps what is read from taking all the machine's memory."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SIZES = Path("/proc/self/statm")
# The field with the pages of data: proc(5).
_DATA = 5


@contextmanager
def limited_memory(more: int) -> Iterator[None]:
    """The process gets no more than so many bytes on top of what it has; then it meets a MemoryError.

    Where the system tells no sizes, as outside Linux, there is no limit.
    """
    before = resource.getrlimit(resource.RLIMIT_DATA)
    if not _SIZES.exists():
        yield
        return
    data = int(_SIZES.read_text("ascii").split()[_DATA]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (_lower(before[0], data + more), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _lower(limit: int, other: int) -> int:
    return other if limit == resource.RLIM_INFINITY else min(limit, other)

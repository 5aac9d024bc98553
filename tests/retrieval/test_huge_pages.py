"""Huge pages: what is taken within lies in them where the system has them, and nothing else is touched."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from bot.retrieval.huge_pages import in_huge_pages

_MIB = 2**20
_HAS_THEM = Path("/sys/kernel/mm/transparent_hugepage").is_dir()


def huge() -> int:
    """Bytes of this process's memory in huge pages."""
    found = re.search(r"AnonHugePages:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text())
    return 1024 * int(found[1])


def taken(character: bytes) -> mmap.mmap:
    """Eight MiB of it."""
    memory = mmap.mmap(-1, 8 * _MIB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(character * len(memory))
    return memory


def test_what_is_taken_within_moves_into_huge_pages_as_it_is():
    with in_huge_pages():
        pass
    earlier, before = taken(b"a"), huge()
    with in_huge_pages():
        later = bytearray(b"b" * 32 * _MIB)

    assert (huge() - before >= 16 * _MIB) == _HAS_THEM
    assert earlier[:] == b"a" * 8 * _MIB
    assert later == b"b" * 32 * _MIB


def test_what_was_there_before_stays_as_it_is():
    earlier, before = taken(b"a"), huge()
    with in_huge_pages():
        pass

    assert huge() == before
    assert earlier[:] == b"a" * 8 * _MIB

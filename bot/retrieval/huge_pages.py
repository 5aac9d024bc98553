"""Weights in huge pages: a run of the model reads all of them, and of small pages too few are remembered.

Whatever else a process has in memory stays as it is: what it shares with others must not be copied.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAGE = 2 * 2**20
# Linux 6.1 and later: at once, in so far as there are such pages (madvise(2)).
_COLLAPSE = 25

_Span = tuple[int, int]


@contextmanager
def in_huge_pages() -> Iterator[None]:
    """Keep what is taken within in huge pages where the system has them; elsewhere nothing happens."""
    before = _private()
    yield
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            madvise = ctypes.CDLL(None).madvise
            for start, end in _added(before, _private()):
                first = -(-start // _PAGE) * _PAGE
                if first + _PAGE <= end:
                    madvise(
                        ctypes.c_void_p(first), ctypes.c_size_t((end - first) // _PAGE * _PAGE), _COLLAPSE
                    )


def _private() -> list[_Span]:
    """The addresses of what is in no file and can be written to."""
    with suppress(OSError):
        fields = map(str.split, Path("/proc/self/maps").read_text().splitlines())
        return [_span(field[0]) for field in fields if field[1] == "rw-p" and field[5:] in ([], ["[heap]"])]
    return []


def _span(addresses: str) -> _Span:
    start, end = addresses.split("-")
    return int(start, 16), int(end, 16)


def _added(before: list[_Span], after: list[_Span]) -> Iterator[_Span]:
    """What of the later spans was not there before; a span grows at its end, or at its start."""
    for start, end in after:
        held = [(first, last) for first, last in before if first < end and last > start]
        if not held:
            yield start, end
            continue
        yield start, min(first for first, _ in held)
        yield max(last for _, last in held), end

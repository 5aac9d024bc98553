"""The lines of a text file, each read when it is asked for: loading a million costs no more than a look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

# Larger files are mapped: workers share their pages. Smaller ones are copied, so that whoever edits
# or cuts the file of a version that serves does no harm.
MAPPED_FROM = 32 * 2**20
_CHUNK = 4 * 2**20
_NEWLINE = 10


class Lines(Sequence[str]):
    """A UTF-8 file whose every line ends in ``\\n``. Thread-safe: nothing in it changes."""

    def __init__(self, path: Path) -> None:
        self._content = content(path)
        self._ends = _line_ends(self._content)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(f"there is no line {number} among {len(self)}")
        start = self._ends.item(number - 1) + 1 if number else 0
        return self._content[start : self._ends.item(number)].tobytes().decode("utf-8")


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write what ``Lines`` reads; no line may hold a line break."""
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")


def content(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file, mapped where they are many; raises OSError."""
    if path.stat().st_size >= MAPPED_FROM:
        return np.memmap(path, np.uint8, "r")
    return np.fromfile(path, np.uint8)


def _line_ends(content: NDArray[np.uint8]) -> NDArray[np.int64]:
    chunks = (
        np.flatnonzero(content[start : start + _CHUNK] == _NEWLINE) + start
        for start in range(0, len(content), _CHUNK)
    )
    return np.concatenate([np.empty(0, np.int64), *chunks])

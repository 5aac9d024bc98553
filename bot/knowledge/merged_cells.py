"""Merged cells of a sheet: what one of them says holds for each of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from openpyxl.utils import range_boundaries

_TAG = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


@dataclass(frozen=True)
class MergedRange:
    """Rows ``first`` to ``last``, from 1, that share a cell; ``column`` is its leftmost, from 0."""

    column: int
    first: int
    last: int


def merged_ranges(sheet: IO[bytes], columns: int) -> list[MergedRange]:
    """Those of a sheet's XML that span several rows and begin in one of its first columns."""
    with sheet:
        references = [match.decode() for match in _TAG.findall(sheet.read())]
    bounds = [[bound or 0 for bound in range_boundaries(reference)] for reference in references]
    found = (MergedRange(column - 1, first, last) for column, first, _, last in bounds)
    return [one for one in found if one.last > one.first and one.column < columns]


class MergedCells:
    """Repeats the text of a merged cell in each of its rows that says something of its own."""

    def __init__(self, ranges: Iterable[MergedRange]) -> None:
        self._starting: dict[int, list[MergedRange]] = {}
        for one in ranges:
            self._starting.setdefault(one.first, []).append(one)
        self._open: dict[int, tuple[int, str]] = {}

    def filled(self, number: int, texts: list[str]) -> tuple[str, ...]:
        """The texts of row ``number``; rows come in order."""
        self._open = {column: cell for column, cell in self._open.items() if cell[0] >= number}
        for one in self._starting.get(number, ()):
            self._open[one.column] = (one.last, texts[one.column] if one.column < len(texts) else "")
        if self._open and any(map(str.strip, texts)):
            texts += [""] * (max(self._open) + 1 - len(texts))
            for column, (_, text) in self._open.items():
                texts[column] = text
        return tuple(texts)

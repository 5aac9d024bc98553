"""Every row's cosine to a query, each entry's best one: where all rows are compared, and every entry scored.

The library's own search would keep the nearest rows in order only to have their entries looked up; a sweep
reads the same rows once, entry after entry, of all kinds in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.searchable import Searchable
from bot.retrieval.vectors import Groups, Vectors

_LOWEST = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class Owned:
    """Rows that are all compared, and the number of each one's owner: (rows,), below ``count``."""

    rows: Searchable
    owners: NDArray[np.integer]
    count: int


class Sweep:
    """Rows of several kinds in one FAISS index, a list a kind. Thread-safe: nothing in it changes."""

    def __init__(self, kinds: Sequence[Owned]) -> None:
        self._coding = kinds[0].rows.coding
        dimensions = kinds[0].rows.index.d
        self._index = self._coding.list_index(np.zeros((len(kinds), dimensions), np.float32))
        self._index.is_trained, self._index.nprobe = True, len(kinds)
        for number, kind in enumerate(kinds):
            _append(self._index, number, kind)
        # Their numbers and their centres' products; FAISS's pointers to these do not keep them.
        self._lists = (np.arange(len(kinds)), np.zeros(len(kinds), np.float32))
        self._pointers = [faiss.swig_ptr(array) for array in self._lists]
        firsts = np.cumsum([0, *(kind.count for kind in kinds)])
        owners = [np.sort(kind.owners) + first for kind, first in zip(kinds, firsts, strict=False)]
        self._groups = Groups.of(np.concatenate(owners), int(firsts[-1]))
        # A product that becomes a cosine of -1.
        self._none = -1 / float(self._coding.cosines(np.ones(1, np.float32))[0])
        self._spans = [slice(*span) for span in pairwise(firsts.tolist())]

    @staticmethod
    def is_of_use(parts: Sequence[Searchable]) -> bool:
        """Whether all rows are kept alike, and all are compared."""
        return len({part.coding for part in parts}) == 1 and not any(part.has_lists for part in parts)

    def best(self, query: Vectors) -> list[Vectors]:
        """Of each kind (count,) cosines of a query (dimensions,) to owners' best rows; -1: it has none."""
        found = self._found(self._coding.coded(query))
        # Fewer than all where the query is no vector of numbers: what is found ends there.
        count = int(faiss.rev_swig_ptr(found.lims, 2)[1])
        # Inner products with all rows, in the order they lie in; theirs as long as ``found`` is.
        products = faiss.rev_swig_ptr(found.distances, count)
        best = self._coding.cosines(self._groups.best(products, self._none))
        return [best[span] for span in self._spans]

    def _found(self, coded: Vectors) -> faiss.RangeSearchResult:
        """Without the library's wrapper in Python, which copies what is found and the numbers of the rows."""
        found = faiss.RangeSearchResult(1)
        search = self._index.range_search_preassigned_c  # type: ignore[attr-defined]
        search(1, faiss.swig_ptr(coded), _LOWEST, *self._pointers, found)
        return found


def _append(index: faiss.IndexIVF, number: int, kind: Owned) -> None:
    """Copy the rows into a list, in the order of their owners."""
    order = np.argsort(kind.owners)
    codes = faiss.vector_to_array(kind.rows.index.codes).reshape(-1, index.code_size)[order]  # type: ignore[attr-defined]
    numbers, content = faiss.swig_ptr(order), faiss.swig_ptr(codes)
    index.invlists.add_entries(number, len(order), numbers, content)  # type: ignore[union-attr]

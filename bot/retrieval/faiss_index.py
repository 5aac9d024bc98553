"""The FAISS indexes over all vectors, and whose vector each row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.eight_bits import Scale
from bot.retrieval.search_kinds import build_searchable
from bot.retrieval.vectors import Vectors

# Rows fetched per query and kind: wide enough that all entries in question are among them.
TOP_ROWS = 256
# Up to so many entries each one is scored, found or not: a classifier has an opinion of all of them.
SCORED_WHOLE = 2_000


class RowKind(IntEnum):
    """What a row is a vector of."""

    PHRASING = 0
    PASSAGE = 1
    BACKGROUND = 2

    @property
    def file(self) -> str:
        """The file of this kind's rows in a version folder."""
        return f"{self.name.lower()}.faiss"


@dataclass(frozen=True)
class Rows:
    """For each row its kind and the number of its entry (-1 for the background)."""

    kinds: NDArray[np.int8]
    entries: NDArray[np.int32]


@dataclass(frozen=True)
class Cosines:
    """Of one query: to the best phrasing and passage of some entries (1, n), and to the background (1,).

    ``entries``: (n,) the numbers of those entries, rising: all of them, or those that were found.
    """

    entries: NDArray[np.int32]
    phrasings: Vectors
    passages: Vectors
    background: Vectors


@dataclass(frozen=True)
class _Found:
    """The nearest rows of one kind, best first: cosines and numbers of their entries."""

    cosines: Vectors
    entries: NDArray[np.int32]

    def best_of(self, entries: NDArray[np.int32]) -> Vectors:
        """(1, n) cosines; an entry that was not found counts as the last row that was."""
        floor = self.cosines[-1] if len(self.cosines) else -1.0
        best = np.full((1, len(entries)), floor, np.float32)
        # Of several rows of one entry the last assigned stays: the nearest.
        best[0, np.searchsorted(entries, self.entries[::-1])] = self.cosines[::-1]
        return best


class PassageIndex:
    """Inner-product search over phrasings, passages and background, each in an index of its own:
    of one language there may be so much of one kind that nothing of another would be among the nearest.

    Searching is thread-safe; the indexes are never changed after they are made.
    """

    def __init__(
        self, indexes: dict[RowKind, faiss.Index], rows: Rows, scale: Scale, entry_count: int
    ) -> None:
        self._indexes = indexes
        self._rows = rows
        self._scale = scale
        self._entries = {kind: rows.entries[rows.kinds == kind] for kind in RowKind}
        self._every_entry = np.arange(entry_count, dtype=np.int32) if entry_count <= SCORED_WHOLE else None

    @classmethod
    def build(cls, vectors: Vectors, rows: Rows, entry_count: int) -> PassageIndex:
        """``vectors``: (rows, dimensions) float32 unit vectors, in the order of ``rows``."""
        scale = Scale.fitting(vectors)
        indexes = {kind: build_searchable(scale.stepped(vectors[rows.kinds == kind])) for kind in RowKind}
        return cls({kind: made.index for kind, made in indexes.items()}, rows, scale, entry_count)

    def search(self, query: Vectors) -> Cosines:
        """Cosines of one query vector (dimensions,) to entries; one that is not found among the nearest
        rows of a kind counts as the last of them, and a kind without rows as -1.
        """
        # One query is no work to share out; the library keeps this number for each thread that calls it.
        faiss.omp_set_num_threads(1)
        stepped = self._scale.stepped(query[None])
        phrasings, passages = (
            self._nearest(kind, stepped, TOP_ROWS) for kind in (RowKind.PHRASING, RowKind.PASSAGE)
        )
        background = self._nearest(RowKind.BACKGROUND, stepped, 1).cosines
        entries = self._every_entry
        if entries is None:
            entries = np.unique(np.append(phrasings.entries, passages.entries))
        return Cosines(
            entries,
            phrasings.best_of(entries),
            passages.best_of(entries),
            np.append(background, np.float32(-1))[:1],
        )

    def _nearest(self, kind: RowKind, stepped: Vectors, count: int) -> _Found:
        index = self._indexes[kind]
        products, numbers = index.search(stepped, min(count, max(index.ntotal, 1)))
        is_row = slice(int(np.count_nonzero(numbers >= 0)))  # those that fewer rows than asked for lack
        return _Found(self._scale.cosines(products[0, is_row]), self._entries[kind][numbers[0, is_row]])

    def save(self, folder: Path) -> None:
        """Write FAISS's own format into a version folder, a file a kind."""
        for kind, index in self._indexes.items():
            faiss.write_index(index, str(folder / kind.file))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What ``load`` needs beside the files, for ``numpy.savez``."""
        return {
            "row_kinds": self._rows.kinds,
            "row_entries": self._rows.entries,
            "vector_steps": np.array(self._scale.steps),
        }

    @classmethod
    def load(cls, folder: Path, arrays: Mapping[str, NDArray[Any]], entry_count: int) -> PassageIndex:
        """Map what ``save`` wrote: processes that serve the same version share its memory."""
        indexes = {
            kind: faiss.read_index(str(folder / kind.file), faiss.IO_FLAG_MMAP_IFC) for kind in RowKind
        }
        rows = Rows(arrays["row_kinds"], arrays["row_entries"])
        return cls(indexes, rows, Scale(float(arrays["vector_steps"])), entry_count)

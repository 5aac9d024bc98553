"""The FAISS index over all vectors, and whose vector each row is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Vectors

VECTORS_FILE = "vectors.faiss"
# Rows fetched per query: wide enough that an entry's best passage is among them with its phrasings.
TOP_ROWS = 256


class RowKind(IntEnum):
    """What a row of the index is a vector of."""

    PHRASING = 0
    PASSAGE = 1
    BACKGROUND = 2


@dataclass(frozen=True)
class Rows:
    """For each row its kind and the number of its entry (-1 for the background)."""

    kinds: NDArray[np.int8]
    entries: NDArray[np.int32]


@dataclass(frozen=True)
class Cosines:
    """Of one query: to each entry's best phrasing and passage (1, entries), and to the background (1,)."""

    phrasings: Vectors
    passages: Vectors
    background: Vectors


class PassageIndex:
    """Exact inner-product search over phrasings, passages and background, in one index.

    Searching is thread-safe; the index is never changed after it is made.
    """

    def __init__(self, index: faiss.Index, rows: Rows, entry_count: int) -> None:
        self._index = index
        self._rows = rows
        self._entry_count = entry_count

    @classmethod
    def build(cls, vectors: Vectors, rows: Rows, entry_count: int) -> PassageIndex:
        """``vectors``: (rows, dimensions) float32 unit vectors, in the order of ``rows``."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index, rows, entry_count)

    def search(self, query: Vectors) -> Cosines:
        """Cosines of one query vector (dimensions,) to every entry; an entry that is not found counts
        as the last row that is.
        """
        found, numbers = self._index.search(query[None], min(TOP_ROWS, self._index.ntotal))
        kinds, entries = self._rows.kinds[numbers[0]], self._rows.entries[numbers[0]]
        floor = float(found[0, -1])

        def best(kind: RowKind) -> Vectors:
            of_kind = kinds == kind
            scores = np.full((1, self._entry_count), floor, np.float32)
            np.maximum.at(scores[0], entries[of_kind], found[0, of_kind])
            return scores

        background = found[:, kinds == RowKind.BACKGROUND].max(axis=1, initial=floor)
        return Cosines(best(RowKind.PHRASING), best(RowKind.PASSAGE), background)

    def save(self, folder: Path) -> None:
        """Write FAISS's own format into a version folder."""
        faiss.write_index(self._index, str(folder / VECTORS_FILE))

    @classmethod
    def load(cls, folder: Path, rows: Rows, entry_count: int) -> PassageIndex:
        """Read what ``save`` wrote."""
        return cls(faiss.read_index(str(folder / VECTORS_FILE)), rows, entry_count)

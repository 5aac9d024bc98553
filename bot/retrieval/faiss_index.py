"""The FAISS indexes over all vectors, and whose vector each row is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Vectors

# Rows fetched per query and kind: wide enough that all entries in question are among them.
TOP_ROWS = 256


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
    """Of one query: to each entry's best phrasing and passage (1, entries), and to the background (1,)."""

    phrasings: Vectors
    passages: Vectors
    background: Vectors


class PassageIndex:
    """Exact inner-product search over phrasings, passages and background, each in an index of its own:
    of one language there may be so much of one kind that nothing of another would be among the nearest.

    Searching is thread-safe; the indexes are never changed after they are made.
    """

    def __init__(self, indexes: dict[RowKind, faiss.Index], rows: Rows, entry_count: int) -> None:
        self._indexes = indexes
        self._entries = {kind: rows.entries[rows.kinds == kind] for kind in RowKind}
        self._entry_count = entry_count

    @classmethod
    def build(cls, vectors: Vectors, rows: Rows, entry_count: int) -> PassageIndex:
        """``vectors``: (rows, dimensions) float32 unit vectors, in the order of ``rows``."""
        indexes: dict[RowKind, faiss.Index] = {}
        for kind in RowKind:
            indexes[kind] = faiss.IndexFlatIP(vectors.shape[1])
            indexes[kind].add(np.ascontiguousarray(vectors[rows.kinds == kind]))
        return cls(indexes, rows, entry_count)

    def search(self, query: Vectors) -> Cosines:
        """Cosines of one query vector (dimensions,) to every entry; an entry that is not found counts
        as the last row of its kind that is, and a kind without rows as -1.
        """
        nearest, _ = self._nearest(RowKind.BACKGROUND, query, 1)
        background = nearest.max(initial=-1.0)
        return Cosines(
            self._best(RowKind.PHRASING, query),
            self._best(RowKind.PASSAGE, query),
            np.array([background], np.float32),
        )

    def _best(self, kind: RowKind, query: Vectors) -> Vectors:
        cosines, entries = self._nearest(kind, query, TOP_ROWS)
        floor = cosines[-1] if len(cosines) else -1.0
        best = np.full((1, self._entry_count), floor, np.float32)
        np.maximum.at(best[0], entries, cosines)
        return best

    def _nearest(self, kind: RowKind, query: Vectors, count: int) -> tuple[Vectors, NDArray[np.int32]]:
        """Cosines of the nearest rows, best first, and the numbers of their entries."""
        index = self._indexes[kind]
        if not index.ntotal:
            return np.empty(0, np.float32), np.empty(0, np.int32)
        found, numbers = index.search(query[None], min(count, index.ntotal))
        return found[0], self._entries[kind][numbers[0]]

    def save(self, folder: Path) -> None:
        """Write FAISS's own format into a version folder, a file a kind; raises OSError."""
        for kind, index in self._indexes.items():
            try:
                faiss.write_index(index, str(folder / kind.file))
            except RuntimeError as error:  # FAISS's only word for a full disk
                raise OSError(f"{folder / kind.file}: {error}") from error

    @classmethod
    def load(cls, folder: Path, rows: Rows, entry_count: int) -> PassageIndex:
        """Read what ``save`` wrote."""
        indexes = {kind: faiss.read_index(str(folder / kind.file)) for kind in RowKind}
        return cls(indexes, rows, entry_count)

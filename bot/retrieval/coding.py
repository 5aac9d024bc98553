"""How the numbers of a vector are kept: a search waits for the memory it reads, so few bits are fast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import faiss
import numpy as np

from bot.retrieval.vectors import Vectors

_LARGEST = 127
_EIGHT_BITS = faiss.ScalarQuantizer.QT_8bit_direct_signed


@dataclass(frozen=True)
class Coding:
    """Whole numbers of eight bits, ``steps`` of them to a length of one; 0 steps: floats as they are."""

    steps: float

    @classmethod
    def fitting(cls, groups: Iterable[Vectors]) -> Coding:
        """Eight bits, as finely as the components of these (n, dimensions) vectors allow."""
        largest = max(float(max(rows.max(initial=1e-9), -rows.min(initial=0))) for rows in groups)
        return cls(_LARGEST / largest)

    @property
    def bits(self) -> int:
        """Of one component."""
        return 8 if self.steps else 32

    def flat_index(self, dimensions: int) -> faiss.Index:
        """An index that compares all its rows; of eight bits as whole numbers, without decoding them."""
        if not self.steps:
            return faiss.IndexFlatIP(dimensions)
        return faiss.IndexScalarQuantizer(dimensions, _EIGHT_BITS, faiss.METRIC_INNER_PRODUCT)

    def list_index(self, centres: Vectors) -> faiss.IndexIVF:
        """An index with an empty list around each of the centres (lists, dimensions)."""
        lists, dimensions = centres.shape
        nearest_lists = self.flat_index(dimensions)
        nearest_lists.add(self.coded(centres))
        metric = faiss.METRIC_INNER_PRODUCT
        if not self.steps:
            return faiss.IndexIVFFlat(nearest_lists, dimensions, lists, metric)
        return faiss.IndexIVFScalarQuantizer(nearest_lists, dimensions, lists, _EIGHT_BITS, metric, False)

    def coded(self, vectors: Vectors) -> Vectors:
        """Vectors -> float32 of the same shape, as FAISS takes them."""
        if not self.steps:
            return vectors
        steps: Vectors = vectors * np.float32(self.steps)
        np.rint(steps, out=steps)
        np.minimum(steps, _LARGEST, out=steps)
        return np.maximum(steps, -_LARGEST, out=steps)

    def cosines(self, products: Vectors) -> Vectors:
        """Inner products of coded vectors -> cosines of the vectors."""
        if not self.steps:
            return products
        cosines: Vectors = products * np.float32(self.steps**-2)
        return cosines


FLOATS = Coding(0.0)

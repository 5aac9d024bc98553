"""How the numbers of a vector are kept: a search waits for the memory it reads, so few bits are fast."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from bot.retrieval.vectors import Vectors

_LARGEST = 127


@dataclass(frozen=True)
class Coding:
    """Whole numbers of eight bits, ``steps`` of them to a length of one; 0 steps: floats of sixteen bits."""

    steps: float

    @classmethod
    def fitting(cls, vectors: Vectors) -> Coding:
        """Eight bits, as finely as the components of these (n, dimensions) vectors allow."""
        largest = max(float(vectors.max(initial=0)), -float(vectors.min(initial=0)), 1e-9)
        return cls(_LARGEST / largest)

    @property
    def bits(self) -> int:
        """Of one component."""
        return 8 if self.steps else 16

    @property
    def quantiser(self) -> int:
        """FAISS's name for it: products of eight bits are taken between whole numbers, without decoding."""
        kinds = faiss.ScalarQuantizer
        chosen: int = kinds.QT_8bit_direct_signed if self.steps else kinds.QT_fp16
        return chosen

    def coded(self, vectors: Vectors) -> Vectors:
        """Vectors -> float32 of the same shape, as FAISS takes them."""
        if not self.steps:
            return vectors
        steps: Vectors = vectors * np.float32(self.steps)
        np.rint(steps, out=steps)
        return np.clip(steps, -_LARGEST, _LARGEST, out=steps)

    def cosines(self, products: Vectors) -> Vectors:
        """Inner products of coded vectors -> cosines of the vectors."""
        if not self.steps:
            return products
        cosines: Vectors = products * np.float32(self.steps**-2)
        return cosines


SIXTEEN_BITS = Coding(0.0)

"""Vectors with eight bits a component: a quarter of the memory to read, which is what a search waits for."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from bot.retrieval.vectors import Vectors

# FAISS's kind of code whose products are taken between whole numbers, without decoding.
CODES = faiss.ScalarQuantizer.QT_8bit_direct_signed
_LARGEST = 127


@dataclass(frozen=True)
class Scale:
    """How many steps a length of one has; fits the components of the vectors that it was made for."""

    steps: float

    @classmethod
    def fitting(cls, vectors: Vectors) -> Scale:
        """The finest scale on which every component of these (n, dimensions) vectors has a step."""
        largest = max(float(vectors.max(initial=0)), -float(vectors.min(initial=0)), 1e-9)
        return cls(_LARGEST / largest)

    def stepped(self, vectors: Vectors) -> Vectors:
        """Vectors -> whole numbers from -127 to 127, as float32: how FAISS takes its codes."""
        steps: Vectors = vectors * np.float32(self.steps)
        np.rint(steps, out=steps)
        return np.clip(steps, -_LARGEST, _LARGEST, out=steps)

    def cosines(self, products: Vectors) -> Vectors:
        """Products of stepped vectors -> cosines of the vectors."""
        cosines: Vectors = products * np.float32(self.steps**-2)
        return cosines

"""Vector arithmetic that the build and the answering share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length one; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
    return scaled


def centred(vectors: Vectors, centre: Vectors) -> Vectors:
    """Unit vectors seen from ``centre``.

    Encoders crowd all texts of one language into a narrow cone; from the cone's middle, cosines spread
    over their whole range and a question is no longer close to everything in its own language.
    """
    return unit(vectors - centre)


def best_per_group(scores: Vectors, groups: NDArray[np.intp], count: int) -> Vectors:
    """Highest score of each group of columns: (n, columns) -> (n, count); -1 for an absent group."""
    best = np.full((len(scores), count), -1, np.float32)
    order = np.argsort(groups, kind="stable")
    names, starts = np.unique(groups[order], return_index=True)
    if len(names):
        best[:, names] = np.maximum.reduceat(scores[:, order], starts, axis=1)
    return best

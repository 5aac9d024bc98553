"""Vector arithmetic that the build and the answering share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_COSINES_AT_ONCE = 20_000_000


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


def best_of_all(vectors: Vectors, rows: Vectors) -> Vectors:
    """(n,) highest cosine of each of n unit vectors to any of the rows, which may be a million."""
    step = max(1, _COSINES_AT_ONCE // max(1, len(rows)))
    parts = (vectors[start : start + step] @ rows.T for start in range(0, len(vectors), step))
    return np.concatenate([np.empty(0, np.float32), *(part.max(axis=1, initial=-1) for part in parts)])


def best_per_group(scores: Vectors, groups: NDArray[np.intp], count: int) -> Vectors:
    """Highest score of each group of columns: (n, columns) -> (n, count); -1 for an absent group."""
    best = np.full((count, len(scores)), -1, np.float32)
    order = np.argsort(groups, kind="stable")
    names, starts = np.unique(groups[order], return_index=True)
    if len(names):
        is_ordered = bool((np.diff(groups) >= 0).all())
        columns = scores.T if is_ordered else scores.T[order]
        best[names] = np.maximum.reduceat(columns, starts, axis=0)
    return best.T

"""Vector arithmetic that the build and the answering share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_COSINES_AT_ONCE = 20_000_000


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length one; a zero row stays zero."""
    # Of a single vector, too, as NumPy's norm is not, this is quick.
    lengths = np.sqrt(np.vecdot(vectors, vectors))[..., None]
    scaled: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
    return scaled


def centred(vectors: Vectors, centre: Vectors) -> Vectors:
    """Unit vectors seen from ``centre``.

    Encoders crowd all texts of one language into a narrow cone; from the cone's middle, cosines spread
    over their whole range and a question is no longer close to everything in its own language.
    """
    return unit(vectors - centre)


@dataclass(frozen=True)
class Groups:
    """Rows by the group they belong to, one of ``count``.

    ``order``: (rows,) the rows group after group, None where they lie so; ``starts``, ``names``: where each
    group that has rows starts in that order, and its number.
    """

    count: int
    order: NDArray[np.intp] | None
    starts: NDArray[np.intp]
    names: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, groups: NDArray[np.integer[Any]], count: int) -> Groups:
        """``groups``: (rows,) the number of each row's group."""
        is_ordered = bool((np.diff(groups) >= 0).all())
        order = None if is_ordered else np.argsort(groups, kind="stable")
        names, starts = np.unique(groups if order is None else groups[order], return_index=True)
        return cls(count, order, starts, names)

    def best(self, scores: Vectors, nothing: float = -1.0) -> Vectors:
        """Highest score of each group: (rows, …) -> (count, …); ``nothing`` for a group without rows."""
        in_order = scores if self.order is None else scores[self.order]
        if len(self.names) == self.count > 0:
            every: Vectors = np.maximum.reduceat(in_order, self.starts, axis=0)
            return every
        best = np.full((self.count, *scores.shape[1:]), nothing, np.float32)
        if len(self.names):
            best[self.names] = np.maximum.reduceat(in_order, self.starts, axis=0)
        return best


def best_of_groups(vectors: Vectors, rows: Vectors, groups: Groups) -> Vectors:
    """(n, groups) highest cosine of each of n unit vectors to the rows of each group, be they a million."""
    best = np.empty((len(vectors), groups.count), np.float32)
    step = max(1, _COSINES_AT_ONCE // max(1, len(rows)))
    for start in range(0, len(vectors), step):
        # This way round, comparing rows goes through memory from front to back.
        best[start : start + step] = groups.best(rows @ vectors[start : start + step].T).T
    return best


def best_of_all(vectors: Vectors, rows: Vectors) -> Vectors:
    """(n,) highest cosine of each of n unit vectors to any of the rows; -1 where there are none."""
    return best_of_groups(vectors, rows, Groups.of(np.zeros(len(rows), np.intp), 1))[:, 0]

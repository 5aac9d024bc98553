"""Vector arithmetic that the build and the answering share."""

from __future__ import annotations

from collections.abc import Iterator
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
        if len(self.names) == self.count > 0:
            return self._best_of_each(scores)
        best = np.full((self.count, *scores.shape[1:]), nothing, np.float32)
        if len(self.names):
            best[self.names] = self._best_of_each(scores)
        return best

    def _best_of_each(self, scores: Vectors) -> Vectors:
        if scores.ndim > 1:
            return self._best_by_columns(scores)
        in_order = scores if self.order is None else scores[self.order]
        best: Vectors = np.maximum.reduceat(in_order, self.starts)
        return best

    def _best_by_columns(self, scores: Vectors) -> Vectors:
        """First the first row of every group, then the second of those that have one, and so on.

        ``reduceat`` would go through the columns one by one: eight times as slow.
        """
        best: Vectors = scores[self._rows(self.starts)]
        sizes = np.diff(self.starts, append=len(scores))
        for place in range(1, int(sizes.max())):
            longer = np.flatnonzero(sizes > place)
            best[longer] = np.maximum(best[longer], scores[self._rows(self.starts[longer] + place)])
        return best

    def _rows(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        return places if self.order is None else self.order[places]


def best_of_groups(vectors: Vectors, rows: Vectors, groups: Groups) -> Vectors:
    """(n, groups) highest cosine of each of n unit vectors to the rows of each group, be they a million."""
    best = np.empty((len(vectors), groups.count), np.float32)
    for part, cosines in _cosines_in_parts(vectors, rows):
        best[part] = groups.best(cosines).T
    return best


def best_of_all(vectors: Vectors, rows: Vectors) -> Vectors:
    """(n,) highest cosine of each of n unit vectors to any of the rows; -1 where there are none."""
    best = np.empty(len(vectors), np.float32)
    for part, cosines in _cosines_in_parts(vectors, rows):
        best[part] = cosines.max(axis=0, initial=-1)
    return best


def nth_best_of_all(vectors: Vectors, rows: Vectors, nth: int) -> Vectors:
    """(n,) cosine of each of n unit vectors to the row that is its ``nth`` nearest; there are as many."""
    best = np.empty(len(vectors), np.float32)
    for part, cosines in _cosines_in_parts(vectors, rows):
        best[part] = np.partition(cosines.T, -nth, axis=1)[:, -nth]
    return best


def _cosines_in_parts(vectors: Vectors, rows: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Of so many of the vectors at once that memory holds them: which, and (rows, those) cosines."""
    step = max(1, _COSINES_AT_ONCE // max(1, len(rows)))
    for start in range(0, len(vectors), step):
        # This way round, comparing rows goes through memory from front to back.
        yield slice(start, start + step), rows @ vectors[start : start + step].T

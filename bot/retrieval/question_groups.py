"""Groups questions that ask for the same: average linkage over what ``discriminant`` learnt of the entries.

How far apart two groups may be to become one is not chosen by hand: of the knowledge base's own phrasings,
a few an entry as customers would ask them, it is the distance that brings entries together best, each entry
measured with what was learnt without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.discriminant import Discriminant, learn_discriminant
from bot.retrieval.vectors import Vectors

_Numbers = NDArray[np.integer[Any]]
# Cosine distances that are tried.
_CUTS = np.linspace(0.02, 1.2, 60)
# A need that nobody answers is asked in one to so many ways.
_MOST_WAYS = 6
_DRAWS = 4
_HALVES = 2
_FEWEST_ENTRIES = 2
_COMPARED = 2_000
_NEARER = 0.99


@dataclass(frozen=True)
class QuestionGrouper:
    """``cut``: cosine distance up to which groups are one."""

    discriminant: Discriminant
    cut: float

    def groups(self, vectors: Vectors) -> list[list[int]]:
        """Numbers of (n, dimensions) centred questions, group by group, in the order of their first ones."""
        labels = _labels(_tree(self.discriminant.of(vectors)), len(vectors), self.cut)
        groups: dict[int, list[int]] = {}
        for number, label in enumerate(labels.tolist()):
            groups.setdefault(label, []).append(number)
        return list(groups.values())


def learn_grouper(vectors: Vectors, entries: _Numbers) -> QuestionGrouper:
    """From (n, dimensions) centred phrasings and the (n,) numbers of their entries."""
    discriminant = learn_discriminant(vectors, entries)
    scores = [_f1_of_cuts(*trial) for trial in _trials(vectors, entries)]
    if not scores:
        some = slice(_COMPARED)
        return QuestionGrouper(
            discriminant, _nearest_of_others(discriminant.of(vectors[some]), entries[some])
        )
    return QuestionGrouper(discriminant, float(_CUTS[np.argmax(np.mean(scores, axis=0))]))


def _trials(vectors: Vectors, entries: _Numbers) -> Iterator[tuple[Vectors, _Numbers]]:
    """A few phrasings of entries with what was learnt from the others."""
    random = np.random.default_rng(0)
    names = random.permutation(np.unique(entries))
    for half in (names[start::_HALVES] for start in range(_HALVES)):
        is_inside = np.isin(entries, half)
        if len(half) < _FEWEST_ENTRIES or is_inside.sum() <= len(half) or is_inside.all():
            continue
        seen = learn_discriminant(vectors[~is_inside], entries[~is_inside]).of(vectors)
        for _ in range(_DRAWS):
            drawn = _drawn(entries, half, random)
            if len(np.unique(entries[drawn])) < len(drawn):
                yield seen[drawn], entries[drawn]


def _drawn(entries: _Numbers, names: _Numbers, random: np.random.Generator) -> _Numbers:
    rows = [np.flatnonzero(entries == name) for name in names]
    counts = random.integers(1, _MOST_WAYS + 1, len(rows))
    parts = [random.permutation(own)[:count] for own, count in zip(rows, counts, strict=True)]
    return np.concatenate(parts)


def _f1_of_cuts(vectors: Vectors, entries: _Numbers) -> list[float]:
    tree = _tree(vectors)
    return [pairwise_f1(_labels(tree, len(vectors), cut), entries)[0] for cut in _CUTS]


def pairwise_f1(
    found: Sequence[int] | _Numbers, true: Sequence[int] | _Numbers
) -> tuple[float, float, float]:
    """F1, precision and recall of "these two are the same", over all pairs."""
    together = _pairs(np.column_stack([found, true]))
    grouped, same = _pairs(np.asarray(found)), _pairs(np.asarray(true))
    precision, recall = together / max(grouped, 1), together / max(same, 1)
    return 2 * together / max(grouped + same, 1), precision, recall


def _pairs(labels: NDArray[np.integer[Any]]) -> int:
    _, counts = np.unique(labels, axis=0, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def _nearest_of_others(vectors: Vectors, entries: _Numbers) -> float:
    """Where no entry is asked in two ways: nearer than any two different entries are."""
    if len(np.unique(entries)) < _FEWEST_ENTRIES:
        return float(_CUTS[0])
    cosines = vectors @ vectors.T
    return float(max(0.0, _NEARER * (1 - cosines[entries[:, None] != entries].max())))


def _tree(vectors: Vectors) -> NDArray[np.float64]:
    """The linkage of unit vectors; empty for fewer than two."""
    # Imported here: a worker whose operator never looks at the groups does without.
    from scipy.cluster.hierarchy import linkage

    if len(vectors) < _FEWEST_ENTRIES:
        return np.empty((0, 4))
    distances = 1 - (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    tree: NDArray[np.float64] = linkage(np.maximum(distances, 0), "average")
    return tree


def _labels(tree: NDArray[np.float64], count: int, cut: float) -> NDArray[np.integer[Any]]:
    from scipy.cluster.hierarchy import fcluster

    if not len(tree):
        return np.arange(count)
    labels: NDArray[np.integer[Any]] = fcluster(tree, cut, "distance")
    return labels

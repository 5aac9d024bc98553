"""What tells the entries apart: a linear map of vectors, learnt from phrasings whose entry is known.

Directions in which phrasings of one entry differ count little (linear discriminant analysis, Fisher 1936),
so that the same need in other words, or in the other language, comes close, also where no entry is about it.
Far from the subject of the knowledge base that says little, so half of a vector stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Vectors, unit

# As if so many phrasings, and so many entries, had been seen that say nothing of any direction: with few of
# either the map hardly changes a vector. Measured with benchmarks/unanswered_groups.py.
_PRIOR_PHRASINGS = 2_000
_PRIOR_ENTRIES = 30
_Square = NDArray[np.float64]


@dataclass(frozen=True)
class Discriminant:
    """``directions``: (dimensions, dimensions)."""

    directions: Vectors

    def of(self, vectors: Vectors) -> Vectors:
        """(n, dimensions) centred vectors -> (n, 2 * dimensions) unit vectors."""
        return unit(np.hstack([unit(vectors @ self.directions), vectors]))


def learn_discriminant(vectors: Vectors, entries: NDArray[np.integer[Any]]) -> Discriminant:
    """From (n, dimensions) centred phrasings and the (n,) numbers of their entries."""
    _, numbers, counts = np.unique(entries, return_inverse=True, return_counts=True)
    middles = _sums(vectors, numbers, len(counts)) / counts[:, None]
    deviations = vectors - middles[numbers]
    freedom = len(vectors) - len(counts)
    within = _shrunk(deviations.T @ deviations / max(freedom, 1), freedom, _PRIOR_PHRASINGS)
    whitening = _whitening(within)
    spread = (middles - middles.mean(axis=0)) @ whitening
    between = _shrunk(spread.T @ spread / max(len(counts) - 1, 1), len(counts) - 1, _PRIOR_ENTRIES)
    variances, axes = np.linalg.eigh(between)
    # How surely a difference along an axis is one between entries: their variance against that within, 1.
    told = np.maximum(variances, 0)
    return Discriminant((whitening @ (axes * (told / (told + 1)))).astype(np.float32))


def _sums(vectors: Vectors, numbers: NDArray[np.integer[Any]], count: int) -> _Square:
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(count))
    sums: _Square = np.add.reduceat(vectors[order].astype(np.float64), starts, axis=0)
    return sums


def _shrunk(covariance: _Square, seen: int, prior: int) -> _Square:
    """Drawn towards the same variance in every direction; all of that where nothing was seen."""
    dimensions = len(covariance)
    even = np.eye(dimensions) * (float(np.trace(covariance)) / dimensions or 1.0)
    share = prior / (prior + max(seen, 0))
    shrunk: _Square = (1 - share) * covariance + share * even
    return shrunk


def _whitening(covariance: _Square) -> _Square:
    variances, axes = np.linalg.eigh(covariance)
    whitening: _Square = axes / np.sqrt(np.maximum(variances, 1e-12))
    return whitening

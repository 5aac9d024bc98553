"""Vectors that can be searched: all of them compared while that is fastest, then only the likeliest lists.

Measured in docs/scaling.md. Beyond ``FLAT_UP_TO`` rows they are sorted into lists around centres (FAISS's
IVF), of which a search reads as many as it takes to find what comparing everything would.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.coding import FLOATS, Coding
from bot.retrieval.vectors import Vectors, nth_best_of_all, unit

FLAT_UP_TO = 20_000
WANTED_HIT_AT_10 = 0.98
_log = logging.getLogger(__name__)
_LISTS_PER_ROOT = 4
_ROWS_PER_CENTRE = 40
_ROUNDS = 8
_FEWEST_LISTS_READ = 8
# Lists that make up more of the rows than this are no faster than comparing all.
_LARGEST_SHARE_READ = 0.25
_QUESTIONS = 256
_LIKE_ANOTHER = np.float32(0.35)
# Of rows that are equally near any will do.
_AS_NEAR = 1e-4
_CHUNK = 1 << 15


@dataclass(frozen=True)
class Searchable:
    """An index with its rows in it. Thread-safe: nothing in it changes."""

    index: faiss.Index
    coding: Coding

    @property
    def has_lists(self) -> bool:
        """Whether a search reads only some of the rows."""
        return isinstance(self.index, faiss.IndexIVF)

    @property
    def is_exact(self) -> bool:
        """Whether a search compares all rows as they are."""
        return not self.has_lists and self.coding == FLOATS

    def nearest(self, coded: Vectors, count: int) -> tuple[Vectors, NDArray[np.int64]]:
        """Cosines of the nearest rows to a coded query (1, dimensions), best first, and their numbers."""
        # One query is no work to share out; the library keeps this number for each thread that calls it.
        faiss.omp_set_num_threads(1)
        products, numbers = self.index.search(coded, min(count, max(self.index.ntotal, 1)))
        if numbers[0, -1] < 0:  # there are fewer rows than asked for, or fewer in the lists that were read
            found = int(np.count_nonzero(numbers >= 0))
            products, numbers = products[:, :found], numbers[:, :found]
        return self.coding.cosines(products[0]), numbers[0]

    def first(self, count: int) -> Vectors:
        """(count, dimensions) the first rows as unit vectors."""
        rows: Vectors = self.index.reconstruct_n(0, count)
        return unit(rows)


@dataclass(frozen=True)
class SearchFacts:
    """How rows are searched. ``lists``: 0 where all rows are compared; ``lists_read``: of them, per search.

    ``hit_at_10``: share of the ten nearest rows that are among the first ten found; 1 where there are none.
    """

    rows: int
    bits: int
    lists: int
    lists_read: int
    hit_at_10: float


def make_searchable(vectors: Vectors, eight_bits: Coding) -> tuple[Searchable, SearchFacts]:
    """The fastest index over (rows, dimensions) unit vectors that finds what exact search does."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    probe = _Probe(vectors)
    for searchable in _candidates(vectors, eight_bits):
        facts = probe.tuned(searchable)
        if facts.hit_at_10 >= WANTED_HIT_AT_10:
            break
        _log.warning("search by %s", _shortfall(facts))
    return searchable, facts


def _candidates(vectors: Vectors, eight_bits: Coding) -> Iterator[Searchable]:
    """The fastest first, the last one exact."""
    codings = (eight_bits, FLOATS)
    if len(vectors) > FLAT_UP_TO:
        lists = _Lists(vectors)
        yield from (lists.searchable(coding) for coding in codings)
    yield from (_flat(vectors, coding) for coding in codings)


def _shortfall(facts: SearchFacts) -> str:
    how = f"{facts.lists_read} of {facts.lists} lists" if facts.lists else "comparing all"
    return (
        f"{how} in {facts.bits} bits finds {facts.hit_at_10:.1%} of the ten nearest of {facts.rows} rows, "
        f"short of {WANTED_HIT_AT_10:.0%}: searching more thoroughly"
    )


def _flat(vectors: Vectors, coding: Coding) -> Searchable:
    index = coding.flat_index(vectors.shape[1])
    for start in range(0, len(vectors), _CHUNK):
        index.add(coding.coded(vectors[start : start + _CHUNK]))
    return Searchable(index, coding)


class _Lists:
    """Rows by the centre that is nearest to them; the same rows give the same lists."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._centres = _centres(vectors)
        _, nearest = faiss.knn(vectors, self._centres, 1, metric=faiss.METRIC_INNER_PRODUCT)
        self._nearest = np.ascontiguousarray(nearest[:, 0], np.int64)

    def searchable(self, coding: Coding) -> Searchable:
        """The lists, with their rows in this coding."""
        index = coding.list_index(self._centres)
        index.is_trained = True
        for start in range(0, len(self._vectors), _CHUNK):
            coded = np.ascontiguousarray(coding.coded(self._vectors[start : start + _CHUNK]))
            nearest = self._nearest[start : start + _CHUNK]
            index.add_core(len(coded), faiss.swig_ptr(coded), None, faiss.swig_ptr(nearest))
        return Searchable(index, coding)


def _centres(vectors: Vectors) -> Vectors:
    """(lists, dimensions): k-means over a sample."""
    count = int(_LISTS_PER_ROOT * len(vectors) ** 0.5)
    sample = np.random.default_rng(0).choice(len(vectors), min(len(vectors), _ROWS_PER_CENTRE * count), False)
    kmeans = faiss.Kmeans(
        vectors.shape[1], count, niter=_ROUNDS, spherical=True, seed=1, min_points_per_centroid=1
    )
    kmeans.train(vectors[np.sort(sample)])
    return np.asarray(kmeans.centroids)


class _Probe:
    """Questions like the rows, and how near the ten rows are that are truly nearest to them."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._questions = _questions(vectors)
        self._wanted = min(10, len(vectors))
        self._farthest = nth_best_of_all(self._questions, vectors, self._wanted)

    def tuned(self, searchable: Searchable) -> SearchFacts:
        """Have it read as few lists as will do."""
        index = searchable.index
        lists = getattr(index, "nlist", 0)
        for read in _rising(_FEWEST_LISTS_READ, lists * _LARGEST_SHARE_READ):
            if lists:
                faiss.ParameterSpace().set_index_parameter(index, "nprobe", read)
            hits = self._hit_at_10(searchable)
            if hits >= WANTED_HIT_AT_10 or not lists:
                break
        return SearchFacts(index.ntotal, searchable.coding.bits, lists, read if lists else 0, hits)

    def _hit_at_10(self, searchable: Searchable) -> float:
        if searchable.is_exact or not len(self._questions):
            return 1.0
        _, found = searchable.index.search(searchable.coding.coded(self._questions), self._wanted)
        cosines = np.einsum("qd,qnd->qn", self._questions, self._vectors[found])
        is_hit = (found >= 0) & (cosines >= self._farthest[:, None] - _AS_NEAR)
        return float(is_hit.mean())


def _rising(start: int, limit: float) -> Iterator[int]:
    """``start``, in any case, and up to a limit half as much again each time."""
    yield start
    while (start := start * 3 // 2) <= limit:
        yield start


def _questions(vectors: Vectors) -> Vectors:
    """Up to 256 questions as far from a row as another way to ask it: the row and a little of two others."""
    rows = np.random.default_rng(2).integers(0, len(vectors), (3, min(_QUESTIONS, len(vectors))))
    one, others = vectors[rows[0]], vectors[rows[1]] + vectors[rows[2]]
    return unit(one + _LIKE_ANOTHER * others)

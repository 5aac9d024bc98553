"""Sorts questions by what they ask for, and says which entries of a version are near to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bot.domain import Query, Ranking
from bot.ports import Embedder
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.question_groups import QuestionGrouper, learn_grouper
from bot.retrieval.vectors import Vectors, centred

# Phrasings beyond this teach no more of how entries differ.
_LEARNT_FROM = 20_000
# What runs in one go holds up an answer of the same worker for some milliseconds.
_AT_ONCE = 8
_PAUSE = 0.002


@dataclass(frozen=True)
class Sorted:
    """Numbers of the questions group by group, and the ranking of each question."""

    groups: tuple[tuple[int, ...], ...]
    rankings: tuple[Ranking, ...]


class QuestionSorter:
    """For one version; ``embedder`` makes the same vectors as the version's own."""

    def __init__(self, index: LoadedIndex, embedder: Embedder) -> None:
        self.version = index.version
        self._index = index
        self._embedder = embedder
        self._rankings: dict[str, Ranking] = {}

    def is_phrasing(self, query: Query) -> bool:
        """Whether the version has it word for word."""
        return self._index.is_phrasing(query)

    def is_answered(self, ranking: Ranking) -> bool:
        """Whether the version would answer now."""
        return ranking.confidence >= self._index.answer_threshold

    def sort(self, queries: Sequence[Query], report: Callable[[int], None]) -> Sorted:
        """The groups; ``report`` is told how many questions are done. In small steps: others answer."""
        vectors = np.empty((len(queries), self._embedder.dimensions), np.float32)
        for start in range(0, len(queries), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            vectors[part] = self._seen(queries[part])
            report(start)
            time.sleep(_PAUSE)
        rankings = tuple(self._ranked(*pair) for pair in zip(queries, vectors, strict=True))
        groups = self._grouper.groups(vectors) if queries else []
        return Sorted(tuple(map(tuple, groups)), rankings)

    def _seen(self, queries: Sequence[Query]) -> Vectors:
        raw = self._embedder.embed_queries([query.text for query in queries])
        return centred(raw, np.stack([self._index.centre(query.language) for query in queries]))

    def _ranked(self, query: Query, vector: Vectors) -> Ranking:
        if query.key not in self._rankings:
            by_words = self._index.rank_by_words(query)
            self._rankings[query.key] = by_words or self._index.rank_vector(query, vector)
            time.sleep(_PAUSE / 4)
        return self._rankings[query.key]

    @cached_property
    def _grouper(self) -> QuestionGrouper:
        return learn_grouper(*self._index.known_phrasings(_LEARNT_FROM))

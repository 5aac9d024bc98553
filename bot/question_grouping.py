"""Sorted questions -> the groups that an operator looks at, with the entries that are near to them."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain import Language, Query, Ranking
from bot.reports_teaching import Ask, DistinctQuestion, NearEntry, QuestionGroup, Want
from bot.retrieval.question_sorting import QuestionSorter

NEAREST = 3


@dataclass(frozen=True)
class Question:
    """What was asked alike: the query, and every time it was asked, newest first."""

    query: Query
    asks: tuple[Ask, ...]

    @property
    def is_down(self) -> bool:
        """Whether it was answered when it was asked last, but badly."""
        return self.asks[0].want is Want.DOWN


def open_groups(
    questions: Sequence[Question],
    groups: Iterable[Sequence[int]],
    rankings: Sequence[Ranking],
    sorter: QuestionSorter,
    question_of: Callable[[str, Language], str],
) -> Iterator[QuestionGroup]:
    """Groups of what the sorter's version does not answer; ``question_of`` an entry, by id and language."""
    for numbers in groups:
        kept = [n for n in numbers if _is_open(questions[n], rankings[n], sorter)]
        if kept:
            members = tuple(_distinct_question(questions[n]) for n in kept)
            shares = _shares([rankings[n] for n in kept], [len(questions[n].asks) for n in kept])
            language = questions[kept[0]].query.language
            nearest = [NearEntry(name, question_of(name, language), share) for name, share in shares]
            yield QuestionGroup(members[0].key, members, tuple(nearest))


def _is_open(question: Question, ranking: Ranking, sorter: QuestionSorter) -> bool:
    """Whether there is still something to teach: a bad answer is not made good by being given again."""
    return question.is_down or not sorter.is_answered(ranking)


def _distinct_question(question: Question) -> DistinctQuestion:
    key = hashlib.sha256(question.query.key.encode("utf-8", "surrogatepass")).hexdigest()
    return DistinctQuestion(key, question.asks[0].text, question.query.language.knowledge, question.asks)


def _shares(rankings: Sequence[Ranking], weights: Sequence[int]) -> list[tuple[str, float]]:
    """The entries that are most likely the answer, by the mean over a group's questions.

    The best entry's confidence is calibrated; scores are on the scale of log-probabilities, so that another
    entry is less likely by the difference.
    """
    sums: dict[str, float] = defaultdict(float)
    for ranking, weight in zip(rankings, weights, strict=True):
        for hit in ranking.hits:
            sums[hit.entry_id] += (
                weight * ranking.confidence * math.exp(min(0.0, hit.score - ranking.hits[0].score))
            )
    best = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:NEAREST]
    return [(name, share / sum(weights)) for name, share in best]

"""Stand-ins that behave: an index that ranks by shared pairs of characters, entries for it, a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.answering.normalising import normalise
from bot.domain import (
    Entry,
    Hit,
    Language,
    LoggedQuestion,
    Phrasing,
    Place,
    Query,
    Ranking,
    Source,
    Vocabulary,
)
from bot.store.question_rows import QuestionRows

PLACE = Place(Path("zh/made-up.md"), 1)


def make_entry(
    entry_id: str, question: str, *, answer: str = "答案。", asked: Iterable[str] = (), **fields
) -> Entry:
    """A Chinese entry about types, unless the fields say otherwise."""
    facts = {"language": "zh", "topic": "types", "place": PLACE} | fields
    phrasings = tuple(Phrasing(text, PLACE) for text in asked)
    return Entry(id=entry_id, question=question, answer=answer, phrasings=phrasings, **facts)


class FakeIndex:
    """Finds entries by the pairs of characters they share with a query: the share is score and confidence."""

    digest = "0" * 64
    vocabulary = Vocabulary()
    model = "shared pairs"
    built_at = "2026-11-22T12:00:00+00:00"
    answer_threshold = 0.5
    clarify_threshold = 0.2

    def __init__(
        self, *entries: Entry, sources: Iterable[Source] = (), version: str = "20261122-120000"
    ) -> None:
        self.entries = entries
        self.sources: Mapping[str, Source] = {source.id: source for source in sources}
        self.version = version

    def rank(self, query: Query) -> Ranking:
        """Entries nearest to a query, best first; a phrasing met exactly is certain."""
        scores: dict[str, float] = {}
        for entry in self.entries:
            for key in (normalise(text).key for text in entry.questions):
                if key == query.key:
                    return Ranking((Hit(entry.id, 1.0),), confidence=1.0, is_exact=True)
                scores[entry.id] = max(scores.get(entry.id, 0.0), _shared(key, query.key))
        hits = sorted((Hit(*item) for item in scores.items()), key=lambda hit: -hit.score)
        return Ranking(tuple(hits), confidence=min(hits[0].score, 0.99) if hits else 0.0)

    def rank_by_words(self, query: Query) -> Ranking | None:
        """Never sure enough."""
        return None

    def is_phrasing(self, query: Query) -> bool:
        """Whether it is one of an entry's, word for word."""
        return any(normalise(text).key == query.key for entry in self.entries for text in entry.questions)

    def entry(self, entry_id: str, language: Language) -> Entry | None:
        """The entry in this language's knowledge, else in the other one."""
        twins = [entry for entry in self.entries if entry.id == entry_id]
        twins.sort(key=lambda entry: entry.language != language.knowledge)
        return next(iter(twins), None)


def _shared(one: str, other: str) -> float:
    """Pairs of characters in both over pairs in either."""
    ours, theirs = _pairs(one), _pairs(other)
    return len(ours & theirs) / len(ours | theirs)


def _pairs(key: str) -> set[str]:
    return {key[i : i + 2] for i in range(max(len(key) - 1, 1))}


class DirectLog:
    """A question log that writes at once, into rows or into a list."""

    def __init__(self, rows: QuestionRows | None = None) -> None:
        self.rows = rows
        self.written: list[LoggedQuestion] = []

    def write(self, question: LoggedQuestion) -> None:
        self.written.append(question)
        if self.rows is not None:
            self.rows.add([question])

"""The question log in figures: what was asked when, how it went, and which entries were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Subquery, func, select, true

from bot.reports_questions import Cell, EntryFigures, Figures, Span
from bot.store.database import Database
from bot.store.tables import feedback, questions

# Of a span that ended so long ago nothing changes any more: no question is still on its way to the log.
_SETTLED_AFTER = 24 * 3600.0
_KEPT_SPANS = 1000
# Latencies are told to half a millisecond: one that is in the middle of many need not be sorted out of them.
_PER_MILLISECOND = 2
_LONG = 10 * 24 * 3600.0
_ENGLISH = "en"


class QuestionFigures:
    """Counts in the database; figures of days long over are remembered. Safe to share between threads."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._settled = lru_cache(_KEPT_SPANS)(self._figures)

    def figures(self, span: Span) -> Figures:
        """The span in figures; raises StoreError. Of a long time, ask a day at a time, and add up."""
        is_settled = span.end < self._clock() - _SETTLED_AFTER
        return self._settled(span) if is_settled else self._figures(span)

    def users(self, span: Span | None = None) -> int:
        """How many users asked in the span, or ever; one is known again on one channel. Raises StoreError."""
        asked = _asked(span)
        users = (
            select(questions.c.user).where(questions.c.user != "", asked.before).group_by(questions.c.user)
        )
        query = select(func.count()).select_from(users.having(asked.after).subquery())
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def first_asked(self) -> float | None:
        """When the oldest question that is kept was asked; raises StoreError."""
        with self._database.reading() as connection:
            return connection.execute(select(func.min(questions.c.asked_at))).scalar()

    def entries(self, span: Span | None = None, entry: str = "") -> list[EntryFigures]:
        """Every entry, or this one, that answered in the span, or ever, the most asked first.

        Raises StoreError.
        """
        with self._database.reading() as connection:
            found: dict[tuple[str, str], _Entry] = {}
            _add_hits(connection, span, entry, found)
            _add_verdicts(connection, span, entry, found)
        figures = [EntryFigures(*key, **vars(entry)) for key, entry in found.items()]
        return sorted(figures, key=lambda one: (-one.hits, one.entry, one.language))

    def _figures(self, span: Span) -> Figures:
        with self._database.reading() as connection:
            verdicts = _verdicts(connection, span)
            return Figures(
                _cells(connection, span),
                _latencies(connection, span),
                verdicts.get("up", 0),
                verdicts.get("down", 0),
            )


class _Entry:
    """An entry's figures while they are put together."""

    def __init__(self) -> None:
        self.hits = self.up = self.down = 0
        self.last_asked: float | None = None


@dataclass(frozen=True)
class _Asked:
    """How a query keeps to a span: what it asks of a row ``before`` grouping, and of a group ``after`` it.

    A short span is found by its time. Of a long one nearly every row is needed: they are read in the order
    of the groups, from the index that has all that is needed, and nothing has to be sorted.
    """

    before: ColumnElement[bool]
    after: ColumnElement[bool]
    count: ColumnElement[int]
    last: ColumnElement[float]


def _asked(span: Span | None) -> _Asked:
    count, last = func.count(), func.max(questions.c.asked_at)
    if span is None:
        return _Asked(true(), true(), count, last)
    within = _within(questions.c.asked_at, span)
    if span.end - span.start < _LONG:
        return _Asked(within, true(), count, last)
    return _Asked(true(), count.filter(within) > 0, count.filter(within), last.filter(within))


def _within(column: ColumnElement[float], span: Span) -> ColumnElement[bool]:
    return (column >= span.start) & (column < span.end)


def _cells(connection: Connection, span: Span) -> tuple[Cell, ...]:
    names = (questions.c.outcome, questions.c.language, questions.c.channel)
    query = select(*names, func.count()).where(_within(questions.c.asked_at, span)).group_by(*names)
    return tuple(Cell(*row) for row in connection.execute(query.order_by(*names)))


def _latencies(connection: Connection, span: Span) -> tuple[tuple[float, int], ...]:
    steps = func.round(questions.c.latency_ms * _PER_MILLISECOND).label("steps")
    query = select(steps, func.count()).where(_within(questions.c.asked_at, span)).group_by(steps)
    timed = query.where(questions.c.latency_ms.is_not(None)).order_by(steps)
    return tuple((step / _PER_MILLISECOND, count) for step, count in connection.execute(timed))


def _verdicts(connection: Connection, span: Span) -> dict[str, int]:
    query = select(feedback.c.verdict, func.count()).where(_within(feedback.c.given_at, span))
    return {verdict: count for verdict, count in connection.execute(query.group_by(feedback.c.verdict))}


def _add_hits(
    connection: Connection, span: Span | None, entry: str, found: dict[tuple[str, str], _Entry]
) -> None:
    asked, names = _asked(span), (questions.c.entry, questions.c.language)
    query = select(*names, asked.count, asked.last).where(_is_entry(entry), asked.before)
    for name, language, hits, last_asked in connection.execute(query.group_by(*names).having(asked.after)):
        one = found.setdefault((name, _knowledge(language)), _Entry())
        one.hits += hits
        one.last_asked = max(last_asked, one.last_asked or 0.0)


def _is_entry(entry: str) -> ColumnElement[bool]:
    return questions.c.entry == entry if entry else questions.c.entry != ""


def _add_verdicts(
    connection: Connection, span: Span | None, entry: str, found: dict[tuple[str, str], _Entry]
) -> None:
    """Verdicts given in the span."""
    judged = _judged(span, entry)
    names = (judged.c.entry, judged.c.language, judged.c.verdict)
    for name, language, verdict, count in connection.execute(select(*names, func.count()).group_by(*names)):
        if name and verdict in ("up", "down"):
            one = found.setdefault((name, _knowledge(language)), _Entry())
            setattr(one, verdict, getattr(one, verdict) + count)


def _judged(span: Span | None, entry: str) -> Subquery:
    same = questions.c.request_id == feedback.c.request_id
    # There are few verdicts, so each looks its question up: with the outer join no database has the idea of
    # looking a verdict up for every question. Of one entry's questions, that is right.
    both = questions.join(feedback, same) if entry else feedback.outerjoin(questions, same)
    query = select(questions.c.entry, questions.c.language, feedback.c.verdict).select_from(both)
    query = query.where(questions.c.entry == entry) if entry else query
    return (query.where(_within(feedback.c.given_at, span)) if span else query).subquery()


def _knowledge(language: str) -> str:
    """The knowledge folder of a reply's language."""
    return _ENGLISH if language == _ENGLISH else "zh"

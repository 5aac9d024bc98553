"""Looks for questions in the log, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from bot.reports_questions import LoggedRow, Position, Sought
from bot.store.database import Database
from bot.store.tables import feedback, questions

# Chinese is asked for as a whole: which script a reply was in is another matter than its knowledge.
_SCRIPTS = {"zh": ("zh-Hans", "zh-Hant")}
_EXACT = ("outcome", "channel", "entry", "user", "request_id")
_COLUMNS = (
    *(column for column in questions.c if column.name != "request_id"),
    func.coalesce(questions.c.request_id, "").label("request_id"),
    func.coalesce(feedback.c.verdict, "").label("verdict"),
    func.coalesce(feedback.c.comment, "").label("comment"),
)


class QuestionSearch:
    """Reads the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, sought: Sought, most: int, before: Position | None = None) -> list[LoggedRow]:
        """At most so many, newest first, those before a position if one is given; raises StoreError."""
        query = _query(sought)
        if before:
            query = query.where(_is_before(before))
        query = query.order_by(questions.c.asked_at.desc(), questions.c.id.desc()).limit(most)
        with self._database.reading() as connection:
            return [LoggedRow(**row) for row in connection.execute(query).mappings()]


def _query(sought: Sought) -> Select[*tuple[object, ...]]:
    has_verdict = sought.verdict or sought.has_comment
    same = questions.c.request_id == feedback.c.request_id
    # Where a verdict is looked for, it leads to its question.
    both = questions.join(feedback, same) if has_verdict else questions.outerjoin(feedback, same)
    return select(*_COLUMNS).select_from(both).where(*_wanted(sought))


def _wanted(sought: Sought) -> Iterator[ColumnElement[bool]]:
    for name in _EXACT:
        if value := _text(getattr(sought, name)):
            yield questions.c[name] == value
    if sought.language:
        yield questions.c.language.in_(_SCRIPTS.get(sought.language, (sought.language,)))
    if sought.text:
        yield questions.c.question.icontains(_text(sought.text), autoescape=True)
    if sought.span:
        yield questions.c.asked_at >= sought.span.start
        yield questions.c.asked_at < sought.span.end
    if sought.verdict:
        yield feedback.c.verdict == sought.verdict
    if sought.has_comment:
        yield feedback.c.comment != ""


def _text(value: str) -> str:
    """As every database takes it: what has none of these in it cannot be asked for with one."""
    return value.replace("\0", "")


def _is_before(position: Position) -> ColumnElement[bool]:
    at, row = questions.c.asked_at, questions.c.id
    # The first condition alone finds the place in the index.
    return and_(at <= position.asked_at, or_(at < position.asked_at, row < position.id))

"""The question log's rows: whoever asked is a pseudonym by the time they get here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import bindparam, insert, select

from bot.domain import LoggedQuestion
from bot.store.database import Database
from bot.store.masking import masked
from bot.store.prepared import Direct, Prepared
from bot.store.secrets import Secrets
from bot.store.tables import erasures, questions

QuestionRow: TypeAlias = dict[str, Any]
# A message may be long; its beginning says what is asked.
_LONGEST_QUESTION = 2000
_LENGTHS = {
    name: column.type.length for name, column in questions.c.items() if hasattr(column.type, "length")
}
_ROW = {name: bindparam(name, type_=column.type) for name, column in questions.c.items() if name != "id"}
_ERASED_SINCE = (erasures.c.user == _ROW["user"]) & (erasures.c.erased_at >= _ROW["asked_at"])
_INSERT = Prepared(
    insert(questions).from_select(
        list(_ROW), select(*_ROW.values()).where(~select(erasures).where(_ERASED_SINCE).exists())
    )
)


class QuestionRows:
    """Puts questions into the database."""

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets

    def add(self, batch: Sequence[LoggedQuestion]) -> None:
        """All of them or none, but for those of users who were erased since; raises StoreError."""
        rows = question_rows(batch, self._secrets)
        with self._database.writing() as connection:
            log_questions(connection, rows)


def log_questions(connection: Direct, rows: Iterable[QuestionRow]) -> None:
    """Log them inside a transaction, but for those of users who were erased since."""
    for row in rows:
        _INSERT.run(connection, row)


def question_rows(batch: Iterable[LoggedQuestion], secrets: Secrets) -> list[QuestionRow]:
    """What there is to log, ready to be written."""
    return [_row(question, secrets) for question in batch]


def _row(logged: LoggedQuestion, secrets: Secrets) -> QuestionRow:
    row = vars(logged.asked) | {
        "channel": logged.channel,
        "user": secrets.user(logged.channel, logged.user) if logged.user else "",
        "asked_at": logged.asked_at,
        "latency_ms": logged.latency_ms,
        "request_id": logged.request_id,
    }
    row["question"] = masked(logged.asked.question)[:_LONGEST_QUESTION]
    return {name: _storable(value, _LENGTHS.get(name)) for name, value in row.items()}


def _storable(value: Any, length: int | None) -> Any:  # noqa: ANN401 - a column's value
    """A text that every database takes: a row that is refused would hold up all that come after it."""
    if not isinstance(value, str):
        return value
    if value.isascii() and "\0" not in value:
        return value[:length]
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:length]

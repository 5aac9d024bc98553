"""The question log's rows: whoever asked is a pseudonym by the time they get here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from bot.domain import LoggedQuestion
from bot.store.database import Database
from bot.store.masking import masked
from bot.store.secrets import Secrets
from bot.store.tables import erasures, questions

# A message may be long; its beginning says what is asked.
_LONGEST_QUESTION = 2000
_LENGTHS = {
    name: column.type.length for name, column in questions.c.items() if hasattr(column.type, "length")
}
_INSERT = insert(questions)


class QuestionRows:
    """Puts questions into the database."""

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets

    def add(self, batch: Sequence[LoggedQuestion]) -> None:
        """All of them or none, but for those of users who were erased since; raises StoreError."""
        rows = [self._row(question) for question in batch]
        users = {row["user"] for row in rows}
        query = select(erasures.c.user, erasures.c.erased_at).where(erasures.c.user.in_(users))
        with self._database.transaction() as connection:
            erased = {user: at for user, at in connection.execute(query)}
            kept = [row for row in rows if row["asked_at"] > erased.get(row["user"], -math.inf)]
            if kept:
                connection.execute(_INSERT, kept)

    def _row(self, logged: LoggedQuestion) -> dict[str, Any]:
        row = vars(logged.asked) | {
            "channel": logged.channel,
            "user": self._secrets.user(logged.channel, logged.user) if logged.user else "",
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

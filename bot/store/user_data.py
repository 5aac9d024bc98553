"""All that is kept of one user: to hand over, and to erase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, union

# SQLite has its ON CONFLICT from PostgreSQL: this compiles for both.
from sqlalchemy.dialects.postgresql import insert

from bot.store.conversations import read
from bot.store.database import Database
from bot.store.prepared import Direct, Prepared
from bot.store.secrets import Secrets
from bot.store.tables import conversations, erasures, feedback, outbox, questions

_PERSONAL = (conversations, outbox, questions)
_EVER = float("-inf")
_THEIRS = select(questions.c.request_id).where(questions.c.user == bindparam("of_user"))
# In this order: whose feedback it is, the questions tell.
_ERASE = {feedback.name: Prepared(delete(feedback).where(feedback.c.request_id.in_(_THEIRS)))} | {
    table.name: Prepared(delete(table).where(table.c.user == bindparam("of_user"))) for table in _PERSONAL
}
_INSERT = insert(erasures)
_NOTE = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=[erasures.c.user], set_={"erased_at": _INSERT.excluded.erased_at}
    )
)


class UserData:
    """Finds a user by the name that a channel knows them by: an openid, or a session id."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], float]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    def export(self, user: str, channel: str = "") -> list[dict[str, Any]]:
        """What is kept of them, a part for each channel that knows them; raises StoreError.

        Without a channel, in all of them.
        """
        with self._database.reading() as connection:
            parts = [
                {"channel": where, **_kept(connection, where, self._secrets.user(where, user))}
                for where in _channels(connection, channel)
            ]
        return [
            part for part in parts if any(part[kind] for kind in ("questions", "conversation", "messages"))
        ]

    def erase(self, user: str, channel: str = "") -> dict[str, int]:
        """Delete it; how many rows of each table. Raises StoreError."""
        counts: dict[str, int] = {}
        with self._database.transaction() as connection:
            for where in _channels(connection, channel):
                gone = erase(connection, self._secrets.user(where, user), self._clock())
                counts = {table: counts.get(table, 0) + rows for table, rows in gone.items()}
        self._database.tidy()
        return counts


def erase(connection: Connection | Direct, pseudonym: str, now: float) -> dict[str, int]:
    """Delete all of a user's rows, and those still on their way to the log; how many of each table."""
    whose = {"of_user": pseudonym}
    counts = {name: statement.run(connection, whose).rowcount for name, statement in _ERASE.items()}
    _NOTE.run(connection, {"user": pseudonym, "erased_at": now})
    return counts


def _channels(connection: Connection, channel: str) -> list[str]:
    """The one, or all that anything is kept of."""
    if channel:
        return [channel]
    kept = union(select(questions.c.channel), select(conversations.c.channel), select(outbox.c.account))
    return sorted(connection.execute(kept).scalars())


def _kept(connection: Connection, channel: str, pseudonym: str) -> dict[str, Any]:
    asked = select(questions, feedback.c.verdict, feedback.c.comment).outerjoin(
        feedback, feedback.c.request_id == questions.c.request_id
    )
    asked = asked.where(questions.c.user == pseudonym).order_by(questions.c.id)
    sent = select(outbox.c.text, outbox.c.state).where(outbox.c.user == pseudonym).order_by(outbox.c.id)
    talk = read(connection, channel, pseudonym, _EVER)
    return {
        "questions": [dict(row) for row in connection.execute(asked).mappings()],
        "conversation": {name: value for name, value in talk.to_json().items() if value},
        "messages": [dict(row) for row in connection.execute(sent).mappings()],
    }

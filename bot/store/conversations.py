"""What is remembered of each user of each channel, until it is too old."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection, bindparam, delete, select

# SQLite has its ON CONFLICT from PostgreSQL: this compiles for both.
from sqlalchemy.dialects.postgresql import insert

from bot.domain import Conversation
from bot.store.database import Database
from bot.store.prepared import Direct, Prepared
from bot.store.secrets import Secrets
from bot.store.tables import conversations

_write_json = json.JSONEncoder(ensure_ascii=False).encode
_row = conversations.c
_OF_USER = (_row.channel == bindparam("of_channel"), _row.user == bindparam("of_user"))
_SELECT = Prepared(select(_row.state, _row.updated_at).where(*_OF_USER))
_INSERT = insert(conversations)
_WRITE = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=[_row.channel, _row.user],
        set_={"state": _INSERT.excluded.state, "updated_at": _INSERT.excluded.updated_at},
    )
)
_DELETE_OLD = Prepared(
    delete(conversations).where(
        _row.channel == bindparam("of_channel"), _row.updated_at < bindparam("oldest")
    )
)


class Conversations:
    """The conversations of channels whose messages have no other effect."""

    def __init__(
        self, database: Database, secrets: Secrets, clock: Callable[[], float], max_age: float
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._max_age = max_age

    def recall(self, channel: str, user: str) -> Conversation:
        """The user's conversation, new if there is none or it is too old; raises StoreError."""
        pseudonym = self._secrets.user(channel, user)
        with self._database.looking_up() as connection:
            return read(connection, channel, pseudonym, self._clock() - self._max_age)

    def keep(self, channel: str, user: str, talk: Conversation) -> None:
        """Remember it in place of the last one, and forget all of the channel's old ones.

        Raises StoreError.
        """
        self._keep(channel, user, talk, self._clock())

    def keep_late(self, channel: str, user: str, talk: Conversation, said_at: float) -> None:
        """The same for what was said then (seconds since the epoch), unless something newer is remembered.

        Raises StoreError.
        """
        self._keep(channel, user, talk, said_at, is_late=True)

    def _keep(
        self, channel: str, user: str, talk: Conversation, said_at: float, *, is_late: bool = False
    ) -> None:
        pseudonym = self._secrets.user(channel, user)
        old = {"of_channel": channel, "oldest": self._clock() - self._max_age}
        with self._database.writing() as connection:
            if is_late and _is_newer(connection, channel, pseudonym, said_at):
                return
            _DELETE_OLD.run(connection, old)
            write(connection, channel, pseudonym, talk, said_at)


def read(connection: Connection | Direct, channel: str, pseudonym: str, oldest: float) -> Conversation:
    """The stored conversation; of one from before ``oldest``, what lasts."""
    whose = {"of_channel": channel, "of_user": pseudonym}
    found = _SELECT.run(connection, whose).fetchone()
    if found is None:
        return Conversation()
    state, updated_at = found
    return recalled(state, updated_at, oldest)


def recalled(state: str, updated_at: float, oldest: float) -> Conversation:
    """The conversation in a row."""
    talk = _conversation(state)
    return talk.lasting if updated_at < oldest else talk


def _is_newer(connection: Direct, channel: str, pseudonym: str, said_at: float) -> bool:
    found = _SELECT.run(connection, {"of_channel": channel, "of_user": pseudonym}).fetchone()
    return found is not None and found[1] > said_at


def write(connection: Direct, channel: str, pseudonym: str, talk: Conversation, now: float) -> None:
    """Store it in place of the last one."""
    state = _write_json(talk.to_json())
    _WRITE.run(connection, {"channel": channel, "user": pseudonym, "state": state, "updated_at": now})


def _conversation(state: str) -> Conversation:
    try:
        return Conversation.from_json(json.loads(state))
    except (KeyError, TypeError, ValueError):  # another version of this program wrote it
        return Conversation()

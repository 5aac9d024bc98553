"""What is remembered of each user of each channel, until it is too old."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain import Conversation
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.secrets import Secrets
from bot.store.tables import conversations

_TRIES = 2


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
        with self._database.transaction() as connection:
            return read(connection, channel, pseudonym, self._clock() - self._max_age)

    def keep(self, channel: str, user: str, talk: Conversation) -> None:
        """Remember it in place of the last one, and forget all of the channel's old ones.

        Raises StoreError.
        """
        pseudonym, now = self._secrets.user(channel, user), self._clock()
        row = conversations.c
        for _ in range(_TRIES):
            try:
                with self._database.transaction() as connection:
                    is_old = row.updated_at < now - self._max_age
                    connection.execute(delete(conversations).where(row.channel == channel, is_old))
                    write(connection, channel, pseudonym, talk, now)
                return
            except IntegrityError:  # another request of this user was first: now there is a row
                continue
        raise StoreError("the database refuses a conversation")


def read(connection: Connection, channel: str, pseudonym: str, oldest: float) -> Conversation:
    """The stored conversation; one from before ``oldest`` still knows of a human who serves the user,
    for that ends at its own time.
    """
    row = conversations.c
    query = select(row.state, row.updated_at).where(row.channel == channel, row.user == pseudonym)
    found = connection.execute(query).one_or_none()
    talk = _conversation(found.state) if found else Conversation()
    is_over = found is not None and found.updated_at < oldest
    return Conversation(human_until=talk.human_until) if is_over else talk


def write(connection: Connection, channel: str, pseudonym: str, talk: Conversation, now: float) -> None:
    """Store it in place of the last one; raises IntegrityError when another was first."""
    row = conversations.c
    state = json.dumps(talk.to_json(), ensure_ascii=False)
    last = update(conversations).where(row.channel == channel, row.user == pseudonym)
    if not connection.execute(last.values(state=state, updated_at=now)).rowcount:
        values = {"channel": channel, "user": pseudonym, "state": state, "updated_at": now}
        connection.execute(insert(conversations).values(**values))


def _conversation(state: str) -> Conversation:
    try:
        return Conversation.from_json(json.loads(state))
    except (KeyError, TypeError, ValueError):  # another version of this program wrote it
        return Conversation()

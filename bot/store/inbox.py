"""Pushes and their one effect: reply, conversation, messages and a verdict on an answer, committed together;
the log hears of it.

Whoever commits first has settled the push; every other delivery of it gets that reply. Nothing has to be
locked: until the commit a delivery has no effect, and after it the effect cannot happen again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from bot.domain import Conversation, Said, SaidKind, Settlement
from bot.errors import StoreError
from bot.ports import QuestionLog
from bot.store.conversations import read, write
from bot.store.database import Database
from bot.store.feedback import replace_feedback
from bot.store.outbox import enqueue
from bot.store.prepared import Prepared
from bot.store.secrets import Secrets
from bot.store.tables import conversations, pushes
from bot.store.user_data import erase

# WeChat retries for 20 seconds; the rest is for a service that was down, and for a clock put on by a day.
PUSHES_KEPT_SECONDS = 2 * 24 * 3600.0
# A conversation is over long before; the rest is for human sessions.
_TALKS_KEPT_SECONDS = 24 * 3600.0
_TRIES = 3
# What is too old goes with a push now and then, in the short time between two such looks.
_FORGET_EVERY = 60.0
_SELECT = Prepared(
    select(pushes.c.reply_kind, pushes.c.reply_text, pushes.c.settled_at).where(
        pushes.c.key == bindparam("of_key")
    )
)
_INSERT = Prepared(insert(pushes))


class Inbox:
    """The settled pushes and the conversations that they belong to; whoever settles one tells the log."""

    def __init__(
        self, database: Database, secrets: Secrets, clock: Callable[[], float], log: QuestionLog
    ) -> None:
        self._log = log
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._forgot_at = float("-inf")

    def settled(self, key: str) -> Said | None:
        """The reply of a push that was settled before."""
        with self._database.reading() as connection:
            return _reply(connection, key)

    def arrived(self, key: str, channel: str, openid: str, max_age: float) -> Said | Conversation:
        """The reply of a push that was settled before, else its user's conversation.

        That is a new one if the last is older than ``max_age`` seconds, but for what lasts: a human who
        serves the user, and an answer to judge.
        """
        user = self._secrets.user(channel, openid)
        with self._database.reading() as connection:
            return _reply(connection, key) or read(connection, channel, user, self._clock() - max_age)

    def settle(self, key: str, settlement: Settlement) -> Said:
        """Give the push its effect, unless another delivery did: the reply to send either way."""
        for _ in range(_TRIES):
            try:
                with self._database.transaction() as connection:
                    if earlier := _reply(connection, key):
                        return earlier
                    self._commit(connection, key, settlement)
            except IntegrityError:
                # Another was first: a delivery of this push, or another push of this user. Look again.
                continue
            for asked in settlement.asked:
                self._log.write(asked)
            return settlement.said
        raise StoreError("the database refuses the effect of %(key)s", key=key)

    def _commit(self, connection: Connection, key: str, settlement: Settlement) -> None:
        now = self._clock()
        said = settlement.said
        row = {"key": key, "reply_kind": said.kind.value, "reply_text": said.text, "settled_at": said.at}
        _INSERT.run(connection, row)
        if abs(now - self._forgot_at) >= _FORGET_EVERY:
            self._forgot_at = now
            _forget(connection, now)
        user = self._secrets.user(settlement.channel, settlement.openid)
        self._keep_conversation(connection, settlement, user, now)
        for message in settlement.messages:
            sealed = self._secrets.seal(settlement.openid)
            enqueue(connection, message, user=user, recipient=sealed, now=now)
        if (judged := settlement.judgement) and judged.request_id:
            # The question may still be on its way to the log; the conversation vouches for its id.
            replace_feedback(connection, judged.request_id, judged.verdict, "", now)

    def _keep_conversation(
        self, connection: Connection, settlement: Settlement, user: str, now: float
    ) -> None:
        """Replace the user's conversation; without one, everything kept of the user goes."""
        if settlement.conversation:
            write(connection, settlement.channel, user, settlement.conversation, now)
        else:
            erase(connection, user, now)


def _forget(connection: Connection, now: float) -> None:
    """Delete the pushes settled, and the conversations ended, long ago."""
    connection.execute(delete(pushes).where(pushes.c.settled_at < now - PUSHES_KEPT_SECONDS))
    connection.execute(delete(conversations).where(conversations.c.updated_at < now - _TALKS_KEPT_SECONDS))


def _reply(connection: Connection, key: str) -> Said | None:
    row = _SELECT.run(connection, {"of_key": key}).fetchone()
    if row is None:
        return None
    kind, text, settled_at = row
    return Said(SaidKind(kind), text, settled_at)

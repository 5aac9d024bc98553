"""Pushes and their one effect, committed together: reply, conversation, log, messages, a verdict.

Whoever commits first has settled the push; every other delivery of it gets that reply. Nothing has to be
locked: until the commit a delivery has no effect, and after it the effect cannot happen again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import bindparam, delete, literal_column, select, union_all

# SQLite has its ON CONFLICT from PostgreSQL: this compiles for both.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from bot.domain import Conversation, LoggedQuestion, Said, SaidKind, Settlement
from bot.errors import StoreError
from bot.store.conversations import recalled, write
from bot.store.database import Database
from bot.store.feedback import replace_feedback
from bot.store.group_commit import GroupCommit
from bot.store.outbox import enqueue
from bot.store.prepared import Direct, Prepared
from bot.store.question_rows import QuestionRow, log_questions, question_rows
from bot.store.secrets import Secrets
from bot.store.tables import conversations, pushes
from bot.store.user_data import erase

# WeChat retries for 20 seconds; the rest is for a service that was down, and for a clock put on by a day.
PUSHES_KEPT_SECONDS = 2 * 24 * 3600.0
# A conversation is over long before; the rest is for human sessions.
_TALKS_KEPT_SECONDS = 24 * 3600.0
# What is too old goes with a push now and then, in the short time between two such looks.
_FORGET_EVERY = 60.0
_SELECT = Prepared(
    select(pushes.c.reply_kind, pushes.c.reply_text, pushes.c.settled_at).where(
        pushes.c.key == bindparam("of_key")
    )
)
# In one statement, which needs no transaction around it. A conversation has no kind.
_FIND = Prepared(
    union_all(
        select(pushes.c.reply_kind, pushes.c.reply_text, pushes.c.settled_at).where(
            pushes.c.key == bindparam("of_key")
        ),
        select(literal_column("''"), conversations.c.state, conversations.c.updated_at).where(
            conversations.c.channel == bindparam("of_channel"), conversations.c.user == bindparam("of_user")
        ),
    )
)
_INSERT = Prepared(insert(pushes).on_conflict_do_nothing(index_elements=[pushes.c.key]))
_FORGET_PUSHES = Prepared(delete(pushes).where(pushes.c.settled_at < bindparam("oldest")))
_FORGET_TALKS = Prepared(delete(conversations).where(conversations.c.updated_at < bindparam("oldest")))


@dataclass(frozen=True)
class _Effect:
    """What is to be written of a settlement, ready before its turn comes: others wait meanwhile."""

    key: str
    user: str
    settlement: Settlement
    questions: list[QuestionRow]


class Inbox:
    """The settled pushes and the conversations that they belong to; ``observe`` is told what was asked."""

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        clock: Callable[[], float],
        observe: Callable[[LoggedQuestion], None] = lambda question: None,
    ) -> None:
        self._database = database
        self._group = GroupCommit(database)
        self._secrets = secrets
        self._clock = clock
        self._observe = observe
        self._forgot_at = float("-inf")

    def settled(self, key: str) -> Said | None:
        """The reply of a push that was settled before."""
        with self._database.looking_up() as connection:
            return _reply(connection, key)

    def arrived(self, key: str, channel: str, openid: str, max_age: float) -> Said | Conversation:
        """The reply of a push that was settled before, else its user's conversation.

        That is a new one if the last is older than ``max_age`` seconds, but for what lasts: a human who
        serves the user, and an answer to judge.
        """
        user = self._secrets.user(channel, openid)
        with self._database.looking_up() as connection:
            values = {"of_key": key, "of_channel": channel, "of_user": user}
            found = sorted(_FIND.run(connection, values).fetchall(), reverse=True)
        if not found:
            return Conversation()
        kind, text, at = found[0]
        return Said(SaidKind(kind), text, at) if kind else recalled(text, at, self._clock() - max_age)

    def settle(self, key: str, settlement: Settlement) -> Said:
        """Give the push its effect, unless another delivery did: the reply to send either way."""
        user = self._secrets.user(settlement.channel, settlement.openid)
        effect = _Effect(key, user, settlement, question_rows(settlement.asked, self._secrets))
        try:
            said = self._group.run(user, partial(self._settle, effect))
        except IntegrityError as error:
            raise _refused(key) from error
        if said is settlement.said:
            for asked in settlement.asked:
                self._observe(asked)
        return said

    def _settle(self, effect: _Effect, connection: Direct) -> Said:
        said = effect.settlement.said
        row = {
            "key": effect.key,
            "reply_kind": said.kind.value,
            "reply_text": said.text,
            "settled_at": said.at,
        }
        if _INSERT.run(connection, row).rowcount:
            self._write(effect, connection, self._clock())
            return said
        if earlier := _reply(connection, effect.key):
            return earlier
        raise _refused(effect.key)

    def _write(self, effect: _Effect, connection: Direct, now: float) -> None:
        settlement = effect.settlement
        self._forget_now_and_then(connection, now)
        self._keep_conversation(connection, settlement, effect.user, now)
        log_questions(connection, effect.questions)
        for message in settlement.messages:
            sealed = self._secrets.seal(settlement.openid)
            enqueue(connection, message, user=effect.user, recipient=sealed, now=now)
        if (judged := settlement.judgement) and judged.request_id:
            # The conversation vouches for its id: the question may be gone from the log.
            replace_feedback(connection, judged.request_id, judged.verdict, "", now)

    def _forget_now_and_then(self, connection: Direct, now: float) -> None:
        if abs(now - self._forgot_at) >= _FORGET_EVERY:
            self._forgot_at = now
            _forget(connection, now)

    def _keep_conversation(self, connection: Direct, settlement: Settlement, user: str, now: float) -> None:
        """Replace the user's conversation; without one, everything kept of the user goes."""
        if settlement.conversation:
            write(connection, settlement.channel, user, settlement.conversation, now)
        else:
            erase(connection, user, now)


def _refused(key: str) -> StoreError:
    return StoreError("the database refuses the effect of %(key)s", key=key)


def _forget(connection: Direct, now: float) -> None:
    """Delete the pushes settled, and the conversations ended, long ago."""
    _FORGET_PUSHES.run(connection, {"oldest": now - PUSHES_KEPT_SECONDS})
    _FORGET_TALKS.run(connection, {"oldest": now - _TALKS_KEPT_SECONDS})


def _reply(connection: Direct, key: str) -> Said | None:
    row = _SELECT.run(connection, {"of_key": key}).fetchone()
    if row is None:
        return None
    kind, text, settled_at = row
    return Said(SaidKind(kind), text, settled_at)

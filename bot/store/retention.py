"""How long things are kept, and the nightly purge of what is older."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Table, delete, select

from bot.store.database import Database
from bot.store.inbox import PUSHES_KEPT_SECONDS
from bot.store.leases import Leases
from bot.store.tables import conversations, erasures, feedback, outbox, pushes, questions

_DAY = 24 * 3600.0
# Questions asked before an erasure could be on their way for as long as the database fails.
_ERASURES_DAYS = 7.0
# Few enough that nobody who writes in between has to wait.
_AT_ONCE = 500
_NIGHT_HOUR = 3
_LEASE = "purge"


class Retention:
    """Deletes what is older than it may be."""

    def __init__(self, database: Database, clock: Callable[[], float], days: float) -> None:
        """``days``: how long questions and feedback are kept."""
        self._database = database
        self._leases = Leases(database, clock)
        self._clock = clock
        self._days = days
        self._next_look = 0.0

    def purge(self, between_steps: Callable[[], object]) -> dict[str, int]:
        """Delete now, a few rows a step; how many of each table. Raises StoreError."""
        delete_old = partial(self._delete, between_steps)
        now = self._clock()
        old, yesterday = now - self._days * _DAY, now - _DAY
        counts = {
            "questions": delete_old(questions, questions.c.asked_at < old),
            "feedback": delete_old(feedback, feedback.c.given_at < old),
            "conversations": delete_old(conversations, conversations.c.updated_at < yesterday),
            "pushes": delete_old(pushes, pushes.c.settled_at < now - PUSHES_KEPT_SECONDS),
            "outbox": delete_old(outbox, outbox.c.expires_at < yesterday),
        }
        delete_old(erasures, erasures.c.erased_at < now - _ERASURES_DAYS * _DAY)
        self._database.tidy()
        return counts

    def purge_nightly(self, between_steps: Callable[[], object]) -> None:
        """Delete if nobody has since 3 o'clock at night; cheap to call as often as one likes.

        Raises StoreError.
        """
        now = self._clock()
        if now < self._next_look:
            return
        night = _next_night(now)
        if self._leases.acquire(_LEASE, uuid.uuid4().hex, night):
            self.purge(between_steps)
        self._next_look = night

    def _delete(self, between_steps: Callable[[], object], table: Table, is_old: ColumnElement[bool]) -> int:
        key, count = table.primary_key.columns[0], 0
        query = delete(table).where(key.in_(select(key).where(is_old).limit(_AT_ONCE)), is_old)
        while True:
            with self._database.transaction() as connection:
                deleted = connection.execute(query).rowcount
            count += deleted
            if deleted < _AT_ONCE:
                return count
            between_steps()


def _next_night(now: float) -> float:
    local = datetime.fromtimestamp(now).astimezone()
    night = local.replace(hour=_NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return (night if night > local else night + timedelta(days=1)).timestamp()

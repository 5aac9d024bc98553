"""Leases: what only one process may do at a time, or in a while, and a killed one does not block for ever."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, insert, or_
from sqlalchemy.exc import IntegrityError

from bot.store.database import Database
from bot.store.tables import leases

# Clocks of machines that share a database may differ by so much; more, and the clock was put back.
_SKEW_SECONDS = 60.0


class Leases:
    """Who may go ahead, by name."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def acquire(self, name: str, owner: str, until: float) -> bool:
        """Hold it until a time, in seconds since the epoch; False while another does. Raises StoreError."""
        try:
            with self._database.transaction() as connection:
                # Nobody holds it for longer than we would: what ends later began before a clock was put back.
                ends = leases.c.until
                is_over = or_(ends < self._clock(), ends > until + _SKEW_SECONDS)
                connection.execute(delete(leases).where(leases.c.name == name, is_over))
                connection.execute(insert(leases).values(name=name, owner=owner, until=until))
        except IntegrityError:
            return False
        return True

    def release(self, name: str, owner: str) -> None:
        """Give it back, if it is still this owner's; raises StoreError."""
        with self._database.transaction() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))

"""Leases: what only one process may do at a time, or in a while, and a killed one does not block for ever."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from bot.store.database import Database
from bot.store.tables import leases


class Leases:
    """Who may go ahead, by name."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def acquire(self, name: str, owner: str, until: float) -> bool:
        """Hold it until a time, in seconds since the epoch; False while another does. Raises StoreError."""
        try:
            with self._database.transaction() as connection:
                over = (leases.c.name == name, leases.c.until < self._clock())
                connection.execute(delete(leases).where(*over))
                connection.execute(insert(leases).values(name=name, owner=owner, until=until))
        except IntegrityError:
            return False
        return True

    def release(self, name: str, owner: str) -> None:
        """Give it back, if it is still this owner's; raises StoreError."""
        with self._database.transaction() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))

"""The audit log: what operators changed, and when. Nothing deletes from it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select

from bot.reports import AuditRecord
from bot.store.database import Database
from bot.store.tables import audit

_COLUMNS = (audit.c.at, audit.c.operator, audit.c.action, audit.c.subject, audit.c.id)


class AuditLog:
    """A ``bot.ports.AuditLog`` in the database; raises StoreError when it cannot be reached."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def record(self, operator: str, action: str, subject: str) -> None:
        """Write that an operator did something."""
        row = {"at": self._clock(), "operator": operator, "action": action, "subject": subject}
        with self._database.transaction() as connection:
            connection.execute(insert(audit).values(**row))

    def newest(self, most: int, before: int | None = None) -> list[AuditRecord]:
        """The newest records, those before the one of that number if one is given."""
        query = select(*_COLUMNS).order_by(audit.c.id.desc()).limit(most)
        if before is not None:
            query = query.where(audit.c.id < before)
        with self._database.reading() as connection:
            return [AuditRecord(*row) for row in connection.execute(query)]

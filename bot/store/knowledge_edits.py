"""What was changed in the knowledge from the desk, with the words before and after, to be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, select, update

from bot.reports_teaching import KnowledgeEdit
from bot.store.database import Database
from bot.store.tables import knowledge_edits

KEPT = 1_000


class KnowledgeEdits:
    """Newest first; raises StoreError."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def add(self, edits: Sequence[KnowledgeEdit]) -> list[KnowledgeEdit]:
        """Keep them, and what makes them known: number and time."""
        made: list[KnowledgeEdit] = []
        with self._database.transaction() as connection:
            for edit in edits:
                known = replace(edit, made_at=self._clock())
                row = {name: value for name, value in vars(known).items() if name != "id"}
                adding = insert(knowledge_edits).values(**row).returning(knowledge_edits.c.id)
                made.append(replace(known, id=connection.execute(adding).scalar_one()))
            kept = select(knowledge_edits.c.id).order_by(knowledge_edits.c.id.desc()).limit(KEPT)
            connection.execute(delete(knowledge_edits).where(knowledge_edits.c.id.not_in(kept)))
        return made

    def recent(self, limit: int, before: int | None = None) -> list[KnowledgeEdit]:
        """The newest ones, older than the one with the number ``before``."""
        query = select(knowledge_edits).order_by(knowledge_edits.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(knowledge_edits.c.id < before)
        with self._database.reading() as connection:
            return [KnowledgeEdit(**row) for row in connection.execute(query).mappings()]

    def find(self, number: int) -> KnowledgeEdit | None:
        """One of them."""
        query = select(knowledge_edits).where(knowledge_edits.c.id == number)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return KnowledgeEdit(**row) if row else None

    def forget(self, edits: Sequence[KnowledgeEdit]) -> None:
        """Keep them no more: they did not come to pass."""
        numbers = [edit.id for edit in edits]
        with self._database.transaction() as connection:
            connection.execute(delete(knowledge_edits).where(knowledge_edits.c.id.in_(numbers)))

    def mark_undone(self, number: int, *, is_undone: bool = True) -> None:
        """Note that it stands no more, or stands after all."""
        query = update(knowledge_edits).where(knowledge_edits.c.id == number)
        with self._database.transaction() as connection:
            connection.execute(query.values(undone_at=self._clock() if is_undone else None))

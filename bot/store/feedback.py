"""What users think of the answers: the last verdict of each request."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, delete, select

# SQLite has its ON CONFLICT from PostgreSQL: this compiles for both.
from sqlalchemy.dialects.postgresql import insert

from bot.domain import Verdict
from bot.store.database import Database
from bot.store.masking import masked
from bot.store.prepared import Direct, Prepared
from bot.store.tables import feedback, questions

_DELETE = Prepared(delete(feedback).where(feedback.c.request_id == bindparam("of_request")))
_INSERT = insert(feedback)
_WRITE = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=[feedback.c.request_id],
        set_={name: _INSERT.excluded[name] for name in ("verdict", "comment", "given_at")},
    )
)


class FeedbackRows:
    """Remembers one verdict for each request whose question is in the log."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def give(self, request_id: str, verdict: Verdict, comment: str) -> bool:
        """Remember it in place of an earlier one; False when no question of that request is known.

        ``none`` without a comment leaves nothing. Raises StoreError.
        """
        comment = masked(comment).replace("\0", "")
        with self._database.transaction() as connection:
            if not _is_known(connection, request_id):
                return False
            replace_feedback(connection, request_id, verdict, comment, self._clock())
        return True


def replace_feedback(
    connection: Connection | Direct, request_id: str, verdict: Verdict, comment: str, now: float
) -> None:
    """Store it in place of an earlier one."""
    if verdict is Verdict.NONE and not comment:
        _DELETE.run(connection, {"of_request": request_id})
        return
    row = {"request_id": request_id, "verdict": verdict.value, "comment": comment, "given_at": now}
    _WRITE.run(connection, row)


def _is_known(connection: Connection, request_id: str) -> bool:
    query = select(questions.c.id).where(questions.c.request_id == request_id).limit(1)
    return connection.execute(query).first() is not None

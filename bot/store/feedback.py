"""What users think of the answers: the last verdict of each request."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain import Verdict
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.masking import masked
from bot.store.tables import feedback, questions

_TRIES = 2


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
        for _ in range(_TRIES):
            try:
                with self._database.transaction() as connection:
                    if not _is_known(connection, request_id):
                        return False
                    replace_feedback(connection, request_id, verdict, comment, self._clock())
                return True
            except IntegrityError:  # another was first: now there is a row
                continue
        raise StoreError("the database refuses feedback")


def replace_feedback(
    connection: Connection, request_id: str, verdict: Verdict, comment: str, now: float
) -> None:
    """Store it in place of an earlier one; raises IntegrityError when another was first."""
    same = feedback.c.request_id == request_id
    if verdict is Verdict.NONE and not comment:
        connection.execute(delete(feedback).where(same))
        return
    values = {"verdict": str(verdict), "comment": comment, "given_at": now}
    if not connection.execute(update(feedback).where(same).values(**values)).rowcount:
        connection.execute(insert(feedback).values(request_id=request_id, **values))


def _is_known(connection: Connection, request_id: str) -> bool:
    query = select(questions.c.id).where(questions.c.request_id == request_id).limit(1)
    return connection.execute(query).first() is not None

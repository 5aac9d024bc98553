"""The log's questions that got no good answer, and which groups of them the operator put aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Select, delete, func, insert, select

from bot.domain import OutcomeKind, Verdict
from bot.reports_teaching import Ask, Dismissal, Want
from bot.store.database import Database
from bot.store.tables import dismissals, erasures, feedback, questions

_ASKED = select(questions.c.question, questions.c.user, questions.c.asked_at)
_OUTCOMES = {Want.ABSTAIN: OutcomeKind.ABSTAIN, Want.CLARIFY: OutcomeKind.CLARIFY}


class UnansweredRows:
    """Reads them newest first; raises StoreError."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def newest(self) -> tuple[float, ...]:
        """Changes when there are others to read: when each kind was last asked, judged, or a user erased."""
        with self._database.reading() as connection:
            times = [
                connection.execute(
                    select(func.max(questions.c.asked_at)).where(questions.c.outcome == outcome.value)
                ).scalar()
                for outcome in _OUTCOMES.values()
            ]
            judged = select(func.max(feedback.c.given_at)).where(feedback.c.verdict == Verdict.DOWN.value)
            erased = select(func.max(erasures.c.erased_at))
            times += [connection.execute(query).scalar() for query in (judged, erased)]
        return tuple(time or 0.0 for time in times)

    def asks(self, most: int) -> list[Ask]:
        """The newest of each kind, at most so many; newest first."""
        found: list[Ask] = []
        with self._database.reading() as connection:
            for want in Want:
                rows = connection.execute(_asked(want).limit(most))
                found += [Ask(text, user, at, want) for text, user, at in rows]
        return sorted(found, key=lambda ask: -ask.at)

    def dismissals(self) -> list[Dismissal]:
        """What was put aside, by the key of each question."""
        query = select(dismissals.c.question, dismissals.c.dismissed_at, dismissals.c.times)
        with self._database.reading() as connection:
            return [Dismissal(*row) for row in connection.execute(query)]

    def dismiss(self, keys: Sequence[str], times: int) -> None:
        """Put a group's questions aside until they are asked so many times more."""
        rows = [{"question": key, "dismissed_at": self._clock(), "times": times} for key in keys]
        with self._database.transaction() as connection:
            connection.execute(delete(dismissals).where(dismissals.c.question.in_(keys)))
            connection.execute(insert(dismissals), rows)

    def restore(self, keys: Sequence[str]) -> None:
        """Take that back."""
        with self._database.transaction() as connection:
            connection.execute(delete(dismissals).where(dismissals.c.question.in_(keys)))


def _asked(want: Want) -> Select[str, str, float]:
    if want is Want.DOWN:
        judged = _ASKED.join(feedback, feedback.c.request_id == questions.c.request_id)
        return judged.where(feedback.c.verdict == Verdict.DOWN.value).order_by(feedback.c.given_at.desc())
    same = questions.c.outcome == _OUTCOMES[want].value
    return _ASKED.where(same).order_by(questions.c.asked_at.desc())

"""Customer messages on their way: queued with the push's effect, taken by one sender, sent once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import (
    BindParameter,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from bot.domain import Backlog, CustomerMessage, Due
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.group_commit import GroupCommit
from bot.store.prepared import Direct, Prepared
from bot.store.secrets import Secrets
from bot.store.tables import outbox

# How long it can be looked up what became of a message, after the time it could be sent in.
_KEPT_SECONDS = 24 * 3600.0
# No pause is so long: what is due later was queued before the clock was put back.
_LATER_THAN_ANY_PAUSE = 180.0
PENDING, SENDING, SENT, DROPPED, UNKNOWN = "pending", "sending", "sent", "dropped", "unknown"
# By name, so that an index finds them: of those that were sent there may be many.
_NOT_SENT = (PENDING, SENDING, DROPPED, UNKNOWN)
_COLUMNS = [column.name for column in outbox.columns if column.name != "id"]
_ENQUEUE = Prepared(insert(outbox).values({name: bindparam(name) for name in _COLUMNS}))


def _take() -> Update:
    """One statement, as another sender may want the same messages: whoever marks a message has it."""
    row_of, earlier = outbox.c, outbox.alias()
    now: BindParameter[float] = bindparam("now")
    is_waited_for = or_(
        earlier.c.state == bindparam("sending"),
        and_(earlier.c.state == bindparam("pending"), earlier.c.expires_at >= now),
    )
    is_first = (
        ~select(earlier.c.id)
        .where(earlier.c.user == row_of.user, earlier.c.id < row_of.id, is_waited_for)
        .exists()
    )
    is_due = or_(row_of.not_before <= now, row_of.not_before > bindparam("no_pause"))
    is_pending = row_of.state == bindparam("pending")
    chosen = (
        select(row_of.id)
        .where(is_pending, is_due, row_of.expires_at >= now, is_first)
        .order_by(row_of.id)
        .limit(bindparam("limit"))
        .offset(literal_column("0"))  # or else SQLite's has a parameter without a name
    )
    taken = update(outbox).where(row_of.id.in_(chosen), is_pending).values(state=bindparam("sending"))
    return taken.returning(row_of.id, row_of.account, row_of.recipient, row_of.text, row_of.attempts)


def _settle(*names: str) -> Prepared:
    """Writes these columns of one message."""
    values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in ("state", "error", *names)}
    return Prepared(update(outbox).where(outbox.c.id == bindparam("message_id")).values(values))


_TAKE = Prepared(_take())
_END = _settle("recipient")
_PUT_BACK = _settle("text", "attempts", "not_before")


def enqueue(connection: Direct, message: CustomerMessage, *, user: str, recipient: bytes, now: float) -> None:
    """Queue a message inside a transaction."""
    row = {
        "account": message.account,
        "user": user,
        "recipient": recipient,
        "text": message.text,
        "state": PENDING,
        "attempts": 0,
        "not_before": now,
        "expires_at": now + message.valid_for,
        "error": "",
    }
    _ENQUEUE.run(connection, row)


class Outbox:
    """What is to be sent. A message is marked before it is sent, and never sent from that mark."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], float]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._settled = GroupCommit(database)

    def take(self, limit: int) -> list[Due]:
        """Mark due messages as being sent and return them, oldest first, one a user.

        One a user keeps a user's messages in order; the next is taken when this one is settled.
        """
        now = self._clock()
        values = {
            "pending": PENDING,
            "sending": SENDING,
            "now": now,
            "no_pause": now + _LATER_THAN_ANY_PAUSE,
            "limit": limit,
        }
        with self._database.writing() as connection:
            rows = _TAKE.run(connection, values).fetchall()
        return [due for row in sorted(rows) if (due := self._opened(*row))]

    def _opened(
        self, message_id: int, account: str, recipient: bytes, text: str, attempts: int
    ) -> Due | None:
        """None when it was sealed with a key that is lost: nobody can know any more who it is for."""
        due = Due(message_id, account, "", text, attempts)
        try:
            return replace(due, recipient=self._secrets.unseal(recipient))
        except StoreError as error:
            self.drop(due, str(error))
            return None

    def sent(self, due: Due) -> None:
        """It arrived: wipe the recipient."""
        self._end(due, SENT, "")

    def drop(self, due: Due, error: str) -> None:
        """It can never be sent."""
        self._end(due, DROPPED, error)

    def doubt(self, due: Due, error: str) -> None:
        """It may have arrived: sending again could double it, so it is left."""
        self._end(due, UNKNOWN, error)

    def retry(self, due: Due, rest: str, after: float, error: str) -> None:
        """``rest`` of it surely did not arrive: try that again in ``after`` seconds."""
        values = {
            "state": PENDING,
            "text": rest,
            "attempts": due.attempts + 1,
            "not_before": self._clock() + after,
            "error": error,
        }
        self._write(due, _PUT_BACK, values)

    def expire(self) -> int:
        """Drop what may not be sent any more; how many. What is long over is deleted."""
        row_of, now = outbox.c, self._clock()
        query = update(outbox).where(row_of.state == PENDING, row_of.expires_at < now)
        values = {"state": DROPPED, "recipient": b"", "error": "its window closed"}
        # Looked for from the oldest on, and no further than to the first that is kept.
        kept = select(row_of.id).where(row_of.expires_at >= now - _KEPT_SECONDS).order_by(row_of.id).limit(1)
        newest = select(func.max(row_of.id) + 1).scalar_subquery()
        with self._database.transaction() as connection:
            first_kept = func.coalesce(kept.scalar_subquery(), newest)
            connection.execute(delete(outbox).where(row_of.id < first_kept))
            return connection.execute(query.values(**values)).rowcount

    def abandon(self) -> int:
        """Messages that a sender was killed over may have arrived: leave them; how many.

        For the one sender of a machine to call when it starts.
        """
        query = update(outbox).where(outbox.c.state == SENDING)
        values = {"state": UNKNOWN, "recipient": b"", "error": "the sender was killed"}
        with self._database.transaction() as connection:
            return connection.execute(query.values(**values)).rowcount

    def backlog(self) -> list[Backlog]:
        """What it holds of each account; failed messages are here for a day after their time."""
        row_of = outbox.c
        query = select(row_of.account, row_of.state, func.count(), func.min(row_of.not_before)).group_by(
            row_of.account, row_of.state
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.where(row_of.state.in_(_NOT_SENT))).all()
        found: dict[str, Backlog] = {}
        for account, state, messages, due_since in rows:
            known = found.get(account, Backlog(account))
            found[account] = self._added(known, state, messages, due_since)
        return list(found.values())

    def _added(self, known: Backlog, state: str, messages: int, due_since: float) -> Backlog:
        match state:
            case "pending":
                return replace(known, waiting=messages, overdue_seconds=max(0.0, self._clock() - due_since))
            case "sending":
                return replace(known, sending=messages)
        return replace(known, failed=known.failed + messages)

    def _end(self, due: Due, state: str, error: str) -> None:
        self._write(due, _END, {"state": state, "error": error, "recipient": b""})

    def _write(self, due: Due, statement: Prepared, values: Mapping[str, object]) -> None:
        row = {**values, "message_id": due.id}
        self._settled.run(str(due.id), lambda connection: statement.run(connection, row))

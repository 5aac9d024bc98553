"""Opens the database: SQLite in WAL mode by default, PostgreSQL by address."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from bot.errors import SettingsError, StoreError
from bot.store import schema
from bot.store.prepared import Direct, commit, opened, run_raw
from bot.store.sqlite_engine import ALONE, begin_to_read, sqlite_engine, take_turn

USUAL_PATIENCE = 3.0
_PASSWORD = re.compile(r"(?<=//)([^:/@]*):.*@")
# Less than this is no time to connect in, says PostgreSQL's own library.
_LEAST_CONNECT_SECONDS = 2


@dataclass(frozen=True)
class _Way:
    """An engine, and what each of its transactions begins with."""

    engine: Engine
    begin: Callable[[Connection | Direct], object]

    def __post_init__(self) -> None:
        event.listen(self.engine, "begin", self.begin)


class Database:
    """Tables are brought up to date on first use. Safe to share between threads."""

    def __init__(self, url: str, patience: float = USUAL_PATIENCE) -> None:
        """``patience``: seconds to wait while another holds what is needed.

        Raises SettingsError when ``url`` is not an address that can be opened.
        """
        try:
            self._writing, self._reading = _ways(url, patience)
        except (ArgumentError, ModuleNotFoundError, OSError) as error:
            problem = _PASSWORD.sub(r"\1:***@", f"BOT_DATABASE_URL={url!r}: {error}")
            raise SettingsError(
                "%(problem)s; write sqlite:///path/to/bot.db or postgresql+psycopg://user:password@host/name",
                problem=problem,
            ) from error
        self._has_tables = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed as a whole; raises StoreError if it cannot be.

        IntegrityError passes: that another was first is an answer, not a failure.
        """
        with self._failures_named():
            self._bring_up_to_date()
            with self._writing.engine.begin() as connection:
                yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """A connection for one statement that is a transaction by itself; raises StoreError if it cannot be.

        SQLite has committed it before the interpreter's lock is needed again: a thread that waits for that
        one, beside long work, does not hold up everybody else's writing.
        """
        with self._failures_named():
            self._bring_up_to_date()
            connecting = self._reading.engine.connect().execution_options(**{ALONE: True})
            with connecting as connection, connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read on, which waits for no writer; raises StoreError if it cannot."""
        with self._failures_named():
            self._bring_up_to_date()
            with self._reading.engine.begin() as connection:
                yield connection

    def writing(self) -> AbstractContextManager[Direct]:
        """A transaction for prepared statements alone."""
        return self._directly(self._writing)

    def looking_up(self) -> AbstractContextManager[Direct]:
        """A connection for one prepared statement that reads."""
        return self._directly(self._reading)

    @contextmanager
    def _directly(self, way: _Way) -> Iterator[Direct]:
        with self._failures_named():
            self._bring_up_to_date()
            with opened(way.engine) as direct:
                way.begin(direct)
                yield direct
                commit(direct)

    def migrate(self) -> str:
        """Bring the tables up to date; the version they were at, empty = there were none of ours.

        Raises StoreError.
        """
        with self._failures_named(), self._writing.engine.begin() as connection:
            return schema.migrate(connection)

    def tidy(self) -> None:
        """Leave no copy of deleted rows beside the database; raises StoreError.

        PostgreSQL does this by itself, in time.
        """
        if self._reading.engine.dialect.name == "sqlite":
            with self._failures_named(), self._reading.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give all connections back."""
        self._writing.engine.dispose()
        self._reading.engine.dispose()

    def _bring_up_to_date(self) -> None:
        if self._has_tables:
            return
        with self._reading.engine.begin() as connection:
            is_current = schema.version(connection) == schema.HEAD
        if not is_current:
            self.migrate()
        self._has_tables = True

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            # It may be another database by the next time: one that was replaced, or made anew.
            self._has_tables = False
            raise StoreError("the database failed (%(error)s); see /readyz", error=_said(error)) from error


def _said(error: SQLAlchemyError) -> str:
    """The error on one line, without a link to the library's manual."""
    return " ".join(str(error).split("\n(Background")[0].split())


def _ways(url: str, patience: float) -> tuple[_Way, _Way]:
    """To write, and to read."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return (
            _Way(sqlite_engine(address, patience, waits_by_itself=False), partial(take_turn, patience)),
            _Way(sqlite_engine(address, patience, waits_by_itself=True), begin_to_read),
        )
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    way = _Way(_postgresql_engine(address, patience), partial(_wait_at_most, patience))
    return way, way


def _postgresql_engine(address: URL, patience: float) -> Engine:
    seconds = max(_LEAST_CONNECT_SECONDS, math.ceil(patience))
    limits = {"connect_timeout": seconds, "tcp_user_timeout": 1000 * seconds}
    return create_engine(address, connect_args=limits, pool_pre_ping=True, hide_parameters=True)


def _wait_at_most(seconds: float, connection: Connection | Direct) -> None:
    """For each transaction anew: a pooler between may hand out another session every time."""
    run_raw(connection, f"SET LOCAL lock_timeout = {math.ceil(seconds * 1000)}")

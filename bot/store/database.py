"""Opens the database: SQLite in WAL mode by default, PostgreSQL by address."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from bot.errors import SettingsError, StoreError
from bot.store.tables import metadata

_BUSY_SECONDS = 3.0
_PAUSE_SECONDS = 0.01
_PASSWORD = re.compile(r"(?<=//)([^:/@]*):.*@")


class Database:
    """One engine; tables are made on first use. Safe to share between threads."""

    def __init__(self, url: str, patience: float = _BUSY_SECONDS) -> None:
        """``patience``: seconds that SQLite waits while another writes.

        Raises SettingsError when ``url`` is not an address that can be opened.
        """
        try:
            self._engine = _engine(url, patience)
        except (ArgumentError, ModuleNotFoundError, OSError) as error:
            problem = _PASSWORD.sub(r"\1:***@", f"BOT_DATABASE_URL={url!r}: {error}")
            raise SettingsError(
                f"{problem}; write sqlite:///path/to/bot.db or postgresql+psycopg://user:password@host/name"
            ) from error
        self._has_tables = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed as a whole; raises StoreError if it cannot be.

        IntegrityError passes: that another was first is an answer, not a failure.
        """
        try:
            if not self._has_tables:
                metadata.create_all(self._engine)
                self._has_tables = True
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StoreError(f"the database failed ({error}); see /readyz") from error

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _engine(url: str, patience: float) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # An error is logged: with its parameters it would repeat what users wrote.
    engine = create_engine(address, connect_args={"timeout": patience}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _tune_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI's own
    # The driver must not begin transactions by itself: see _begin_immediate.
    connection.isolation_level = None
    _use_wal(connection)
    # NORMAL loses at most the last commits on power loss.
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: Any) -> None:  # noqa: ANN401 - DBAPI's own
    """WAL lets readers go on while one writes."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # Of workers that open a new database at once, SQLite tells some that it is locked: it does
            # not wait here as it does elsewhere.
            is_locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_locked or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _begin_immediate(connection: Connection) -> None:
    # A transaction that starts as a reader cannot wait for the write lock later: it fails at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")

"""Opens the database: SQLite in WAL mode by default, PostgreSQL by address."""

from __future__ import annotations

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


class Database:
    """One engine; tables are made on first use. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError when ``url`` is not an address SQLAlchemy understands."""
        try:
            self._engine = _engine(url)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise SettingsError(
                f"BOT_DATABASE_URL={url!r}: {error}; write sqlite:///path/to/bot.db "
                "or postgresql+psycopg://user:password@host/name"
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


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _tune_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI's own
    # The driver must not begin transactions by itself: see _begin_immediate.
    connection.isolation_level = None
    # WAL lets readers go on while one writes; NORMAL loses at most the last commits on power loss.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A transaction that starts as a reader cannot wait for the write lock later: it fails at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")

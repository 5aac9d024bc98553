"""SQLite's engine: a file that many threads and processes write to, each in its turn."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from bot.store.prepared import Direct, run_raw

# Option of a connection: what it executes is committed as it is executed.
ALONE = "is_alone"
_BEGIN = "BEGIN IMMEDIATE"
_PAUSE_SECONDS = 0.01
# A transaction of ours takes less, so that who waits has its turn after the next one or two.
_LOOK_AGAIN = 0.0005
# After 16 MB of pages, four times SQLite's own: it waits for the disk, and what changes often is moved once.
_CHECKPOINT = "wal_autocheckpoint=4000"


def sqlite_engine(address: URL, patience: float, *, waits_by_itself: bool) -> Engine:
    """``patience``: seconds to wait while the file is being put in order; by itself, for writers too."""
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    timeout = {"timeout": patience if waits_by_itself else 0.0}
    # An error is logged: with its parameters it would repeat what users wrote. The last connection used has
    # most of the file in its memory.
    engine = create_engine(address, connect_args=timeout, hide_parameters=True, pool_use_lifo=True)
    event.listen(engine, "connect", _tuning_sqlite(patience))
    if address.database:
        event.listen(engine, "connect", _note_file(address.database))
        event.listen(engine, "checkout", _refuse_lost_file(address.database))
    return engine


def _tuning_sqlite(patience: float) -> Callable[[Any, object], None]:
    def tune(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI's own
        # The driver must not begin transactions by itself: see take_turn.
        connection.isolation_level = None
        _use_wal(connection, patience)
        # NORMAL loses at most the last commits on power loss; deleted rows are overwritten with zeros.
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", _CHECKPOINT):
            connection.execute(f"PRAGMA {pragma}")

    return tune


def _use_wal(connection: Any, patience: float) -> None:  # noqa: ANN401 - DBAPI's own
    """WAL lets readers go on while one writes."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # Of workers that open a new database at once, SQLite tells some that it is locked: it does
            # not wait here as it does elsewhere.
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def begin_to_read(connection: Connection | Direct) -> None:
    """Begin without a lock; not at all for a statement that is to be a transaction by itself."""
    if not isinstance(connection, Direct) and not connection.get_execution_options().get(ALONE):
        run_raw(connection, "BEGIN")


def take_turn(patience: float, connection: Connection | Direct) -> None:
    """Begin with the write lock: a transaction that starts as a reader cannot wait for it later.

    ``patience``: seconds to wait. Left to wait by itself, SQLite sleeps longer each time, up to a tenth of a
    second, while others write.
    """
    deadline = time.monotonic() + patience
    while _is_refused(connection):
        if time.monotonic() > deadline:
            run_raw(connection, _BEGIN)
            return
        time.sleep(_LOOK_AGAIN)


def _is_refused(connection: Connection | Direct) -> bool:
    """Whether it is another's turn; asked of the driver, because SQLAlchemy's errors take long to make."""
    try:
        connection.connection.execute(_BEGIN)
    except sqlite3.Error as error:
        if _is_locked(error):
            return True
        run_raw(connection, _BEGIN)
    return False


def _is_locked(error: object) -> bool:
    return (
        isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    )


def _note_file(path: str) -> Callable[[Any, Any], None]:
    def note(_connection: object, record: Any) -> None:  # noqa: ANN401 - the pool's own
        record.info["file"] = _identity(path)

    return note


def _refuse_lost_file(path: str) -> Callable[[Any, Any, Any], None]:
    """What is written to a file that was deleted or replaced would be gone: open the one that is there."""

    def check(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401 - the pool's own
        if record.info.get("file") != _identity(path):
            raise DisconnectionError(f"{path} is not the file it was")

    return check


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino

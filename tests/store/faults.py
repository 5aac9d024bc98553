"""What can befall a database: each as a context in which it lasts, and after which all is well."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.pool import Pool

PROJECT = Path(__file__).parent.parent.parent
HOLD_THE_LOCK = """
import sys
from bot.store.database import Database
database = Database(sys.argv[1])
with database.transaction() as connection:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {sys.argv[2]} IN ACCESS EXCLUSIVE MODE")
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def locked(url: str, table: str = "questions", within: Sequence[str] = ()) -> Iterator[None]:
    """Another process, run by the command ``within``, writes and does not come to an end.

    ``table``: locked to readers in PostgreSQL.
    """
    command = [*within, sys.executable, "-c", HOLD_THE_LOCK, url, table]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=PROJECT, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate("go\n", timeout=20)


@contextmanager
def full() -> Iterator[None]:
    """SQLite may not take another page of the disk."""
    limited = set()

    def limit(connection, *_more):
        limited.add(connection)
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Pool, "checkout", limit)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", limit)
        for connection in limited:
            with suppress(sqlite3.ProgrammingError):  # it was closed
                connection.execute(f"PRAGMA max_page_count = {2**30}")


@contextmanager
def absent(path: Path) -> Iterator[None]:
    """SQLite's file is gone with its folder, so that nothing can be made in its place."""
    folder = path.parent
    elsewhere = folder.with_name(f"{folder.name}-elsewhere")
    folder.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(folder)


def until(is_so: Callable[[], object], within: float = 30.0) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        time.sleep(0.01)

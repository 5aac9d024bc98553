"""A database of the test's own, once of each kind, and a look into it from outside."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import pytest

from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.store.question_rows import QuestionRows
from bot.store.secrets import Secrets
from bot.store.tables import metadata
from tests.postgres import run_sql as run_sql_at
from tests.wechat.fakes import Clock

KEY = b"k" * 32
SQLITE, POSTGRESQL = "sqlite", "postgresql"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def kind(request):
    """Every test that asks for a database is run on each kind."""
    return request.param


@pytest.fixture
def path(tmp_path):
    """Where the database is, if it is SQLite's."""
    return tmp_path / "bot.db"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a database with all tables: making it anew for each test would take longer."""
    file = tmp_path_factory.mktemp("database") / "bot.db"
    with closing(Database(f"sqlite:///{file}")) as database:
        database.migrate()
    return file.read_bytes()


@pytest.fixture
def url(request, kind, path, empty_database):
    """A database with all tables, and nothing in them."""
    if kind == POSTGRESQL:
        return request.getfixturevalue("postgres").ready_made()
    path.write_bytes(empty_database)
    return f"sqlite:///{path}"


@pytest.fixture
def new_url(request, kind, path):
    """A database that nobody has opened yet."""
    return request.getfixturevalue("postgres").empty() if kind == POSTGRESQL else f"sqlite:///{path}"


@pytest.fixture
def database(url):
    with closing(Database(url)) as database:
        yield database


@pytest.fixture
def rows(database):
    """The question log's rows."""
    return QuestionRows(database, Secrets(KEY))


@pytest.fixture
def inbox(database, clock):
    return Inbox(database, Secrets(KEY), clock)


@pytest.fixture
def outbox(database, clock):
    return Outbox(database, Secrets(KEY), clock)


@pytest.fixture
def run_sql(url):
    """Runs a statement as another program would, and gives the rows it finds."""
    return partial(run_sql_at, url)


@pytest.fixture
def on_disk(kind, path, run_sql):
    """Every byte of the database: SQLite's files, or all of PostgreSQL's rows."""

    def rows():
        found = [run_sql(f"SELECT * FROM {table}") for table in metadata.tables]
        values = [value for table in found for row in table for value in row]
        return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)

    def files():
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    return rows if kind == POSTGRESQL else files

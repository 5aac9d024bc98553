"""A database of the test's own, and a look into it from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.store.secrets import Secrets
from tests.wechat.fakes import Clock

KEY = b"k" * 32


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bot.db"


@pytest.fixture
def database(path):
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def inbox(database, clock):
    return Inbox(database, Secrets(KEY), clock)


@pytest.fixture
def outbox(database, clock):
    return Outbox(database, Secrets(KEY), clock)


@pytest.fixture
def run_sql(path):
    """Runs a statement as another program would, and gives the rows it finds."""

    def run(statement):
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement).fetchall()

    return run


@pytest.fixture
def on_disk(path):
    """Every byte of the database: the file, its log and its shared memory."""
    return lambda: b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

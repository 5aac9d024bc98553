"""A bot with a small knowledge base in memory and a store of its own, and users who chat with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask

from bot.answering.answerer import Answerer
from bot.channels.network import Network, place_in
from bot.channels.problems import register_problems, request_id
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.blueprint import Desk, wechat_blueprint
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.store.secrets import Secrets
from tests.channels.wechat.chat import Chat
from tests.channels.wechat.knowledge import INDEX
from tests.wechat.fakes import PLAIN, Clock

KEY = b"k" * 32
OFFICIAL = Account("default", AccountKind.OFFICIAL, PLAIN)
MINI = Account("default", AccountKind.MINI, PLAIN, app_secret="secret")


@pytest.fixture
def answerer():
    return Answerer(lambda: INDEX)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database's file before anything happened: making it anew for each test would take longer."""
    file = tmp_path_factory.mktemp("database") / "bot.db"
    with closing(Database(f"sqlite:///{file}")) as database, database.transaction():
        pass
    return file.read_bytes()


@pytest.fixture
def database(tmp_path, empty_database):
    (tmp_path / "bot.db").write_bytes(empty_database)
    with closing(Database(f"sqlite:///{tmp_path / 'bot.db'}")) as database:
        yield database


@pytest.fixture
def outbox(database, clock):
    return Outbox(database, Secrets(KEY), clock)


@pytest.fixture
def serve(database, clock):
    """Serves accounts the way the app does, with whatever answerer and database it is given."""

    def serve(*accounts, answerer, database=database, limits=None, hosts=""):
        app, network = Flask("bot", static_folder=None), Network(hosts=hosts)
        register_problems(app)
        place_in(network, app)
        inbox = Inbox(database, Secrets(KEY), clock)
        desk = partial(
            Desk, answerer=answerer, inbox=inbox, clock=clock, name_request=request_id, limits=limits
        )
        blueprint = wechat_blueprint([desk(each) for each in accounts], network.require_own_name)
        app.register_blueprint(blueprint)
        return app.test_client()

    return serve


@pytest.fixture
def chat(serve, answerer, outbox) -> Callable[..., Chat]:
    """Opens a chat with an account that is set up like this."""

    def chat(
        account=OFFICIAL, *, answerer=answerer, is_encrypted=False, as_json=False, limits=None, **changes
    ):
        account = replace(account, **changes)
        client = serve(account, answerer=answerer, limits=limits)
        return Chat(client, account, outbox, is_encrypted, as_json)

    return chat


@pytest.fixture
def rows(tmp_path):
    """Rows of a table, seen from outside."""

    def rows(columns, table):
        with closing(sqlite3.connect(tmp_path / "bot.db")) as connection:
            return connection.execute(f"SELECT {columns} FROM {table}").fetchall()

    return rows

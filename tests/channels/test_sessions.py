"""``/ask`` with a session id: whose conversation goes on, for how long, and what a broken store costs."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing

import pytest
from flask import Flask

from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.problems import register_problems
from bot.channels.sessions import Sessions
from bot.domain import Conversation
from bot.errors import SettingsError, StoreError
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.secrets import Secrets
from tests.fakes import DirectLog, FakeIndex, make_entry
from tests.store.faults import until
from tests.wechat.fakes import Clock

INDEX = FakeIndex(
    make_entry("filing", "备案要多久", related=("fees", "types")),
    make_entry("fees", "要花多少钱", related=("types", "filing")),
    make_entry("types", "有哪些类型"),
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with closing(Database(f"sqlite:///{tmp_path / 'bot.db'}", 0.05)) as database:
        yield Conversations(database, Secrets(b"k" * 32), clock, 1800.0)


@pytest.fixture
def serve():
    """A bot whose sessions are in the store that this opens."""
    with ExitStack() as stack:

        def serve(open_store):
            late = stack.enter_context(closing(LateTurns(open_store, time.time)))
            app = Flask("bot")
            register_problems(app)
            app.register_blueprint(
                ask_blueprint(Answerer(lambda: INDEX), Sessions(open_store, late), DirectLog(), time.time)
            )
            return app.test_client()

        yield serve


@pytest.fixture
def ask(store, serve):
    """The entry that a question in a session is answered with."""
    client = serve(lambda: store)
    return lambda question, session_id=None: entry(client, question, session_id)


def entry(client, question, session_id=None):
    session = {"session_id": session_id} if session_id is not None else {}
    response = client.post("/ask", json={"question": question} | session)
    assert response.status_code == 200
    return (response.json["entry"] or {}).get("id")


def test_a_session_goes_on(ask):
    assert ask("备案要多久", "a") == "filing"
    assert ask("2", "a") == "types"


def test_two_sessions_side_by_side_do_not_meet(ask):
    ask("备案要多久", "a")
    ask("要花多少钱", "b")

    assert (ask("1", "a"), ask("1", "b")) == ("fees", "types")


@pytest.mark.parametrize("session_id", ["b", "A", "a ", "", None])
def test_another_session_or_none_knows_nothing_of_it(ask, session_id):
    ask("备案要多久", "a")

    assert ask("1", session_id) is None


def test_the_same_id_on_another_channel_is_another_user(ask, store):
    ask("备案要多久", "oUser001")

    assert store.recall("official:default", "oUser001") == Conversation()


def test_a_conversation_on_another_channel_is_not_gone_on_with(ask, store):
    store.keep("official:default", "oUser001", Conversation(choices=("fees",), entries=("filing",)))

    assert ask("1", "oUser001") is None


def test_after_half_an_hour_a_session_is_new(ask, clock):
    ask("备案要多久", "a")
    clock.now += 1801

    assert ask("1", "a") is None


def test_without_a_session_nothing_is_opened(serve, tmp_path):
    def open_store():
        raise AssertionError("opened")

    assert entry(serve(open_store), "备案要多久") == "filing"
    assert list(tmp_path.iterdir()) == []


def test_get_goes_on_with_the_same_session(store, serve):
    client = serve(lambda: store)
    client.get("/ask", query_string={"question": "备案要多久", "session_id": "a"})

    assert (
        client.get("/ask", query_string={"question": "2", "session_id": "a"}).json["entry"]["id"] == "types"
    )


# A store that fails


@pytest.mark.parametrize("error", [StoreError("no key"), SettingsError("bad address"), OSError("read-only")])
def test_a_store_that_cannot_be_opened_costs_other_processes_the_context_only(serve, error, caplog):
    def closed():
        raise error

    client = serve(closed)

    assert [entry(client, question, "a") for question in ("备案要多久", "要花多少钱", "1")] == [
        "filing",
        "fees",
        "types",
    ]
    assert entry(serve(closed), "1", "a") is None
    assert caplog.text.count("answering without context") == 2


def test_a_store_that_is_locked_costs_nothing(ask, store, clock, tmp_path):
    ask("备案要多久", "a")
    clock.now += 600
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ask("要花多少钱", "a") == "fees"
        other.execute("ROLLBACK")

    assert ask("2", "a") == "filing"
    until(lambda: store.recall("ask", "a").entries[-2:] == ("fees", "filing"))


def test_no_session_id_reaches_the_disk(ask, tmp_path):
    ask("备案要多久", "visitor-with-a-name")

    assert b"visitor-with-a-name" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())

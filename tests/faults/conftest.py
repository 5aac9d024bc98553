"""One server for all faults: each test breaks something, and leaves it well again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import KNOWLEDGE
from tests.faults.machine import Machine
from tests.faults.wechat import BrokenWechat, Listening
from tests.serving import Server, serving
from tests.store.faults import until
from tests.wechat.fakes import mini_program

KEY = "k" * 40
WORKERS = 2


@pytest.fixture(scope="session")
def wechat():
    wechat = BrokenWechat()
    yield wechat
    wechat.is_over.set()


@pytest.fixture(scope="session")
def api(wechat):
    """WeChat's API on a port."""
    listening = Listening(wechat)
    yield listening
    listening.stop()


@pytest.fixture(scope="session")
def channel(api):
    """The environment of a bot with a mini program."""
    more = {"BOT_RATE_PER_USER": "", "BOT_TRUSTED_PROXIES": "1", "BOT_ADMIN_KEY": KEY}
    return mini_program(api.port) | more


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory):
    """The server's own knowledge folder, which tests may change."""
    return shutil.copytree(KNOWLEDGE, tmp_path_factory.mktemp("knowledge") / "knowledge")


@pytest.fixture(scope="session")
def machine(built, tmp_path_factory):
    return Machine(tmp_path_factory.mktemp("machine"), built.index_dir)


@pytest.fixture(scope="session")
def server(built, machine, channel, knowledge, tmp_path_factory):
    """Two workers and the sender, with disks and a clock of their own."""
    own = {f"{disk}_dir": machine.folder / disk for disk in ("data", "index")}
    own |= {"knowledge_dir": knowledge, "rate_per_address": "60/hour"}
    settings = built.model_copy(update=own)
    log = tmp_path_factory.mktemp("faults") / "log"
    with serving(settings, log, WORKERS, machine.command, **machine.variables, **channel) as server:
        server.wait_for_metric("bot_index_refusing_workers 0.0")
        yield server


@pytest.fixture
def asked(server, machine) -> Callable[[], list[str]]:
    """The request ids that the database has."""
    file = machine.seen_by(server, "data/bot.db")
    return lambda: [found for (found,) in rows(file, "SELECT request_id FROM questions ORDER BY id")]


@pytest.fixture
def states(server, machine) -> Callable[[], list[str]]:
    """What became of the customers' messages, oldest first."""
    file = machine.seen_by(server, "data/bot.db")
    return lambda: [state for (state,) in rows(file, "SELECT state FROM outbox ORDER BY id")]


def rows(file: Path, query: str) -> list[tuple]:
    """What a query finds in a database that a server uses, nothing when it is caught at a bad moment.

    A copy is asked: SQLite follows links by name, and would leave the server's view of the disks.
    """
    with TemporaryDirectory() as folder, suppress(OSError, sqlite3.DatabaseError):
        for copied in (file, file.with_name(f"{file.name}-wal")):
            if copied.exists():
                shutil.copy(copied, folder)
        with closing(sqlite3.connect(Path(folder) / "bot.db")) as connection:
            return list(connection.execute(query))
    return []


def store(server: Server) -> dict[str, object]:
    """How the question log of a worker is doing, by its own word."""
    return server.get("/readyz").json()["store"]


def is_well(server: Server) -> bool:
    """Whether every worker that answers now logs what it is asked."""
    return all(store(server)["status"] == "ok" for _ in range(4 * WORKERS))


@pytest.fixture(autouse=True)
def all_is_well_again(request):
    """What one test broke, the next must not meet."""
    yield
    if "server" in request.fixturenames:
        server = request.getfixturevalue("server")
        until(lambda: is_well(server))
        assert server.get("/ask", question="备案时间").json()["entry"]["id"] == "filing-time"

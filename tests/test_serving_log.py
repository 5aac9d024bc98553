"""The question log of real workers: started, killed and stopped under real questions."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.serving import serving
from tests.store.faults import until

pytestmark = pytest.mark.model


@pytest.fixture
def settings(built, tmp_path):
    """The built index with a database of the test's own."""
    return built.model_copy(update={"data_dir": tmp_path / "data"})


@pytest.fixture
def asked(settings):
    """The request ids that the database has; None while a worker is still making its tables."""

    def asked():
        with closing(sqlite3.connect(settings.data_dir / "bot.db")) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'questions'").fetchone():
                return None
            return [found for (found,) in connection.execute("SELECT request_id FROM questions ORDER BY id")]

    return asked


def ask(server, times):
    """The request ids of so many questions that were answered."""
    return [server.get("/ask", question="备案时间").json()["request_id"] for _ in range(times)]


def workers(server):
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def test_workers_open_the_database_before_the_first_question(settings, asked, tmp_path):
    with serving(settings, tmp_path / "log") as server:
        server.wait_for("ready at")
        until((settings.data_dir / "bot.db").exists)
        until(lambda: asked() == [])
        until(lambda: server.get("/readyz").json()["store"] == {"status": "ok", "waiting": 0, "dropped": 0})

    assert asked() == []


def test_a_killed_worker_leaves_its_log_and_the_next_one_goes_on(settings, asked, tmp_path):
    with serving(settings, tmp_path / "log", workers=1) as server:
        server.wait_for("ready at")
        before = ask(server, 5)
        until(lambda: asked() == before)
        (worker,) = workers(server)
        os.kill(worker, signal.SIGKILL)
        until(lambda: workers(server) not in ([], [worker]))
        after = ask(server, 5)

        until(lambda: asked() == before + after)


def test_a_clean_stop_writes_what_was_asked_a_moment_ago(settings, asked, tmp_path):
    with serving(settings, tmp_path / "log") as server:
        server.wait_for("ready at")
        answered = ask(server, 10)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0

    assert sorted(asked()) == sorted(answered)

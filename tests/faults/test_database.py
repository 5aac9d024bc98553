"""A database that is locked, gone or replaced: no answer waits for it, and it is used when it is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import is_well, store
from tests.faults.wechat import push
from tests.postgres import run_sql
from tests.serving import serving
from tests.store.faults import locked, until

pytestmark = pytest.mark.model


def ask(server, times=1):
    """The request ids of so many questions that were answered, each with a session."""
    body = {"question": "备案时间", "session_id": "a-visitor-of-a-database-that-fails"}
    replies = [server.http.post("/ask", json=body).json() for _ in range(times)]
    assert {reply["entry"]["id"] for reply in replies} == {"filing-time"}
    return {reply["request_id"] for reply in replies}


def test_a_database_that_another_program_has_locked(server, machine, asked):
    url = f"sqlite:///{machine.folder}/data/bot.db"
    with locked(url, within=machine.inside(server)):
        ids = ask(server, 5)
        until(lambda: "locked" in str(store(server).get("reason")))

    until(lambda: ids <= {*asked()})


def test_a_database_whose_file_is_deleted_is_made_anew(server, machine, asked, wechat):
    machine.empty(server, "data", keep="secret.key")
    ids = ask(server, 5)
    push(server.address, "a new database")

    until(lambda: ids <= {*asked()})
    until(lambda: len(wechat.by("a new database")) == 1)


def test_a_postgresql_that_is_stopped_and_started(built, channel, postgres, wechat, tmp_path):
    url = postgres.empty("faults")
    settings = built.model_copy(update={"data_dir": tmp_path / "data"})
    with (
        serving(settings, tmp_path / "log", workers=1, BOT_DATABASE_URL=url, **channel) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        server.wait_for("ready at")
        until(lambda: is_well(server))
        with postgres.stopped():
            ids = ask(server, 5)
            delivery = pool.submit(push, server.address, "postgres")
            until(lambda: store(server)["status"] == "failing")
        assert delivery.result().text == "success"

        until(lambda: len(wechat.by("postgres")) == 1)
        until(lambda: ids <= {found for (found,) in run_sql(url, "SELECT request_id FROM questions")})

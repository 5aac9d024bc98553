"""The clock is put forward by a day and back by an hour: nothing stalls, nothing happens twice."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.faults.wechat import deliver, push
from tests.store.faults import until
from tests.wechat.fakes import json_push

pytestmark = pytest.mark.model
DAY, HOUR = 86_400, -3_600
SET_PASSWORD = """
import sys
from pathlib import Path
from bot.settings import Settings
from bot.stores import Stores
Stores(Settings(data_dir=Path(sys.argv[1]))).desk_access.set_password(*sys.argv[2:])
"""


@pytest.fixture(params=[DAY, HOUR], ids=["a day on", "an hour back"])
def jump(request, machine):
    """Puts the clock forward or back, until the test is over."""
    yield lambda: machine.set_clock(request.param)
    machine.set_clock(0)


@pytest.fixture
def operator(server, machine):
    """Name and password of somebody who may use the desk."""
    words = {"name": "mei", "password": "correct horse battery"}
    python = [*machine.inside(server), sys.executable, "-c", SET_PASSWORD]
    subprocess.run([*python, machine.folder / "data", *words.values()], check=True)
    return words


def ask(server, question, **more):
    return server.http.post("/ask", json={"question": question, **more})


def test_customers_get_their_answers_each_once(server, wechat, jump, request):
    """One delivery came before the jump and its repetition after it; others wait to be sent."""
    user = request.node.name
    body = json_push(FromUserName=user, Content="备案时间", MsgId=f"{user}-1")
    deliver(server.address, body)
    jump()
    push(server.address, f"{user} too")
    deliver(server.address, body)
    push(server.address, user, "food licence for a mini program")

    until(lambda: len(wechat.by(user)) == 2 and wechat.by(f"{user} too"))
    assert len({*wechat.by(user)}) == 2
    assert len(wechat.by(f"{user} too")) == 1


def test_a_message_that_is_to_be_sent_again_later_does_not_wait_for_the_clock(server, api, wechat, jump):
    before = len(wechat.by("later"))
    api.stop()
    push(server.address, "later")
    until(lambda: server.log.read_text().count("ConnectError") > 0)
    jump()
    api.start()

    until(lambda: len(wechat.by("later")) > before)
    assert len(wechat.by("later")) == before + 1


def test_questions_are_answered_logged_and_gone_on_from(server, asked, jump):
    session = {"session_id": "a-visitor-over-whom-the-clock-jumps"}
    ask(server, "How long does filing take?", **session)
    jump()
    replies = [ask(server, "food licence for a mini program", **session).json() for _ in range(3)]

    assert [reply["entry"]["id"] for reply in replies] == ["licence-food"] * 3
    until(lambda: {reply["request_id"] for reply in replies} <= {*asked()})


def test_who_asked_too_often_is_neither_let_in_early_nor_kept_out_late(server, jump, request):
    """Sixty an hour: the time that is left is measured, whatever the clock says."""
    caller = {"X-Forwarded-For": f"192.0.2.{len(request.node.name)}"}
    body = {"question": "备案时间"}
    answers = [server.http.post("/ask", json=body, headers=caller).status_code for _ in range(61)]
    jump()
    refused = server.http.post("/ask", json=body, headers=caller)

    assert answers == [200] * 60 + [429]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_an_operator_stays_logged_in_over_a_repeated_hour_and_not_over_a_day(server, machine, operator):
    with httpx.Client(base_url=f"{server.address}/admin", timeout=20) as desk:
        desk.post("/login", data=operator)
        machine.set_clock(HOUR)
        after_an_hour_back = desk.get("/rebuilds").status_code
        machine.set_clock(DAY)
        after_a_day = desk.get("/rebuilds").headers["Location"]
    machine.set_clock(0)

    assert after_an_hour_back == 200
    assert after_a_day.startswith("/admin/login")

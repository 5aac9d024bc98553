"""The clock of the machine is put forward by a day and back by an hour: nothing stalls, nothing happens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.wechat import deliver, push
from tests.store.faults import until
from tests.wechat.fakes import json_push

pytestmark = pytest.mark.model
DAY, HOUR = 86_400, -3_600


@pytest.fixture(params=[DAY, HOUR], ids=["a day on", "an hour back"])
def jump(request, machine):
    """Puts the clock forward or back, until the test is over."""
    yield lambda: machine.set_clock(request.param)
    machine.set_clock(0)


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


def test_a_desk_session_begun_before_an_hour_is_repeated_goes_on_and_after_a_day_is_over(server, machine):
    """A session is idle for 8 hours at most."""
    headers = {"Authorization": "Bearer none"}
    assert server.http.get("/admin/jobs/none", headers=headers).status_code == 401
    with ThreadPoolExecutor(4) as pool:
        machine.set_clock(HOUR)
        answers = list(pool.map(lambda _: ask(server, "备案时间").status_code, range(40)))
    machine.set_clock(0)

    assert answers == [200] * 40

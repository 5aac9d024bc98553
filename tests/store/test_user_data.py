"""One user's data: handed over whole, erased whole, and nobody else's with it."""

from __future__ import annotations

import json

import pytest

from bot.domain import Conversation, Verdict
from bot.store.conversations import Conversations
from bot.store.feedback import FeedbackRows
from bot.store.secrets import Secrets
from bot.store.user_data import UserData
from tests.store.conftest import KEY
from tests.store.values import CHANNEL, FORGET, OPENID, TALK, effect, logged

OTHER = "oAnother"
TABLES = ("questions", "feedback", "conversations", "outbox")


@pytest.fixture
def user_data(database, clock):
    return UserData(database, Secrets(KEY), clock)


@pytest.fixture
def full(rows, inbox, database, clock):
    """Two users of one channel, one of whom is also known on another, with everything that can be kept."""
    for user in (OPENID, OTHER):
        inbox.settle(f"wx1:message:{user}", effect(openid=user, asked=()))
        rows.add([logged("备案要多久", user=user, request_id=f"of-{user}")])
        FeedbackRows(database, clock).give(f"of-{user}", Verdict.UP, "谢谢")
    rows.add([logged("多少钱", user=OPENID, channel="ask")])
    Conversations(database, Secrets(KEY), clock, 1800.0).keep("ask", OPENID, Conversation(question="多少钱"))


def counts(run_sql):
    return tuple(run_sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)


@pytest.mark.usefixtures("full")
def test_everything_kept_of_a_user_is_handed_over_and_nothing_of_another(user_data):
    ask, mini = user_data.export(OPENID)

    assert (ask["channel"], mini["channel"]) == ("ask", CHANNEL)
    assert ask["conversation"] == {"question": "多少钱"}
    assert [(each["question"], each["verdict"], each["comment"]) for each in mini["questions"]] == [
        ("备案要多久", "up", "谢谢")
    ]
    assert mini["conversation"]["rest"] == TALK.rest
    assert mini["messages"] == [{"text": "二十天。", "state": "pending"}]
    assert json.dumps([ask, mini])


@pytest.mark.usefixtures("full")
def test_one_channel_is_handed_over_alone(user_data):
    assert [part["channel"] for part in user_data.export(OPENID, "ask")] == ["ask"]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("user", ["oNobody", ""])
def test_of_a_stranger_nothing_is_kept(user_data, user):
    assert user_data.export(user) == []


@pytest.mark.usefixtures("full")
def test_everything_kept_of_a_user_is_erased_and_nothing_of_another(user_data, run_sql):
    assert counts(run_sql) == (3, 2, 3, 2)

    assert user_data.erase(OPENID) == {"feedback": 1, "conversations": 2, "outbox": 1, "questions": 2}
    assert counts(run_sql) == (1, 1, 1, 1)
    assert user_data.export(OPENID) == []
    assert len(user_data.export(OTHER)) == 1


@pytest.mark.usefixtures("full")
def test_one_channel_is_erased_alone(user_data):
    user_data.erase(OPENID, "ask")

    assert [part["channel"] for part in user_data.export(OPENID)] == [CHANNEL]


def test_what_was_erased_is_not_on_the_disk_any_more(user_data, rows, on_disk):
    rows.add([logged("一句很特别的话")])
    assert "一句很特别的话".encode() in on_disk()

    user_data.erase(OPENID)
    assert "一句很特别的话".encode() not in on_disk()


@pytest.mark.parametrize("way", ["erased", "unsubscribed"])
def test_a_question_on_its_way_when_its_user_was_erased_is_not_logged(user_data, inbox, rows, clock, way):
    rows.add([logged()])
    if way == "erased":
        user_data.erase(OPENID)
    else:
        inbox.settle("wx1:event:9", effect(**FORGET))
    rows.add([logged("之前的", asked_at=clock.now - 1), logged("别人的", user=OTHER, asked_at=clock.now - 1)])
    rows.add([logged("之后的", asked_at=clock.now + 1)])

    (part,) = user_data.export(OPENID)
    assert [each["question"] for each in part["questions"]] == ["之后的"]
    assert len(user_data.export(OTHER)) == 1


def test_a_user_may_be_erased_twice(user_data, rows):
    rows.add([logged()])

    assert user_data.erase(OPENID)["questions"] == 1
    assert user_data.erase(OPENID, CHANNEL)["questions"] == 0

"""What was asked in vain, as the log tells it, and what of it was put aside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Verdict
from bot.reports_teaching import Dismissal, Want
from bot.store.feedback import FeedbackRows
from bot.store.secrets import Secrets
from bot.store.unanswered import UnansweredRows
from bot.store.user_data import UserData
from tests.store.conftest import KEY as KEY_OF_USERS
from tests.store.values import ASKED, LOGGED

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def unanswered(database, clock):
    return UnansweredRows(database, clock)


def asked(question, outcome, at, request_id="r", user="u1"):
    told = replace(ASKED, question=question, outcome=outcome)
    return replace(LOGGED, asked=told, asked_at=at, request_id=request_id, user=user)


def test_only_what_got_no_good_answer_is_told_newest_first(unanswered, rows, database, clock):
    rows.add(
        [
            asked("退款多久", "abstain", 10.0),
            asked("备案多久", "answer", 20.0),
            asked("怎么退", "clarify", 30.0),
            asked("发票", "answer", 40.0, request_id="disliked"),
            asked("转人工", "handoff", 50.0),
        ]
    )
    FeedbackRows(database, clock).give("disliked", Verdict.DOWN, "")

    assert [(ask.text, ask.want) for ask in unanswered.asks(10)] == [
        ("发票", Want.DOWN),
        ("怎么退", Want.CLARIFY),
        ("退款多久", Want.ABSTAIN),
    ]


def test_of_very_many_the_newest_of_each_kind_are_told(unanswered, rows):
    rows.add([asked(f"第{n}个", "abstain", float(n)) for n in range(5)] + [asked("旧的", "clarify", 0.5)])

    assert [ask.text for ask in unanswered.asks(2)] == ["第4个", "第3个", "旧的"]


def test_users_are_told_apart_but_not_named(unanswered, rows):
    rows.add([asked("问", "abstain", 1.0, user=user) for user in ("a", "b", "")])
    users = {ask.user for ask in unanswered.asks(10)}

    assert len(users) == 3
    assert "" in users
    assert users & {"a", "b"} == set()


def test_a_further_question_or_verdict_shows(unanswered, rows, database, clock):
    rows.add([asked("发票", "answer", 40.0, request_id="r1")])
    before = unanswered.newest()
    rows.add([asked("备案多久", "answer", 50.0)])
    assert unanswered.newest() == before

    rows.add([asked("退款", "abstain", 60.0)])
    with_question = unanswered.newest()
    FeedbackRows(database, clock).give("r1", Verdict.DOWN, "")
    assert len({before, with_question, unanswered.newest()}) == 3


def test_an_erased_user_shows_too(unanswered, rows, database, clock):
    rows.add([asked("我的退款", "abstain", 40.0, user="mei"), asked("退款", "abstain", 60.0, user="li")])
    before = unanswered.newest()
    UserData(database, Secrets(KEY_OF_USERS), clock).erase("mei")

    assert unanswered.newest() != before
    assert [ask.text for ask in unanswered.asks(10)] == ["退款"]


def test_what_is_put_aside_stays_so_until_it_is_taken_back(unanswered, clock):
    unanswered.dismiss([KEY, OTHER], 5)
    clock.now += 60
    unanswered.dismiss([KEY], 9)
    assert sorted(unanswered.dismissals(), key=lambda found: found.key) == [
        Dismissal(KEY, clock.now, 9),
        Dismissal(OTHER, clock.now - 60, 5),
    ]

    unanswered.restore([KEY, OTHER])
    assert unanswered.dismissals() == []

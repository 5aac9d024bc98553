"""Looking for questions in the log: what is found, in which order, and page by page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Verdict
from bot.reports_questions import LoggedRow, Position, Sought, Span
from bot.store.feedback import FeedbackRows
from bot.store.question_search import QuestionSearch
from bot.store.secrets import Secrets
from tests.store.conftest import KEY
from tests.store.values import ASKED, logged

START = 1_760_000_000.0
MANY = 1000


@pytest.fixture
def search(database):
    return QuestionSearch(database)


@pytest.fixture
def ask(rows):
    """Puts questions into the log, a second apart."""

    def ask(*texts, at=START, user="oUser", channel="ask", request_ids=None, **asked):
        names = request_ids or [""] * len(texts)
        rows.add(
            logged(
                asked=replace(ASKED, question=text, **asked),
                **{"asked_at": at + n, "user": user, "channel": channel, "request_id": name},
            )
            for n, (text, name) in enumerate(zip(texts, names, strict=True))
        )

    return ask


@pytest.fixture
def judge(database, clock):
    return FeedbackRows(database, clock).give


@pytest.fixture
def found(search):
    """The questions that are found, in order."""
    return lambda **sought: [row.question for row in search.newest(Sought(**sought), MANY)]


def test_a_question_is_found_with_all_that_is_known_of_it(search, ask, judge):
    ask("备案要多久", request_ids=["one"])
    judge("one", Verdict.DOWN, "太长了")
    user = Secrets(KEY).user("ask", "oUser")

    assert search.newest(Sought(), MANY) == [
        LoggedRow(
            *(1, START, "ask", user, "zh-Hans", "备案要多久", "answer", "filing", 0.93, "20261122-120000"),
            *(4.5, "one", "down", "太长了"),
        )
    ]


def test_the_newest_come_first_and_pages_leave_nothing_out(search, ask):
    ask("1", "2", "3")
    ask("3b", "3c", at=START + 2)
    seen, position = [], None
    while rows := search.newest(Sought(), 2, position):
        seen += [row.question for row in rows]
        position = Position(rows[-1].asked_at, rows[-1].id)

    assert seen == ["3c", "3b", "3", "2", "1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("备案", ["小程序备案要多久"]),
        ("FILING", ["How long does Filing take?"]),
        ("100%", ["是100%免费吗"]),
        ("_", ["a_b"]),
        ("找不到", []),
        ("'; DROP TABLE questions; --", []),
    ],
)
def test_a_part_of_the_text_is_enough_and_means_itself(ask, found, text, expected):
    ask("小程序备案要多久", "How long does Filing take?", "是100%免费吗", "a_b")

    assert found(text=text) == expected


def test_questions_are_found_by_what_came_of_them_and_where_they_were_asked(ask, found):
    ask("hans")
    ask("hant", language="zh-Hant", channel="chat")
    ask("en", language="en", outcome="abstain", entry="", user="")

    assert found(outcome="abstain") == ["en"]
    assert found(channel="chat") == ["hant"]
    assert found(language="zh-Hans") == ["hans"]
    assert sorted(found(language="zh")) == ["hans", "hant"]
    assert found(entry="filing", language="zh-Hant") == ["hant"]
    assert found(user=Secrets(KEY).user("chat", "oUser")) == ["hant"]
    assert sorted(found()) == ["en", "hans", "hant"]


def test_questions_are_found_by_request_and_by_time(ask, found):
    ask("1", "2", "3", request_ids=["one", "two", "three"])

    assert found(request_id="two") == ["2"]
    assert found(span=Span(START + 1, START + 2)) == ["2"]


def test_questions_are_found_by_verdict_and_by_having_been_commented_on(ask, judge, found):
    ask("up", "down", "words", "silent", request_ids=["up", "down", "words", "silent"])
    judge("up", Verdict.UP, "谢谢")
    judge("down", Verdict.DOWN, "")
    judge("words", Verdict.NONE, "还行")

    assert found(verdict="down") == ["down"]
    assert found(has_comment=True) == ["words", "up"]
    assert found(verdict="up", has_comment=True) == ["up"]
    assert found() == ["silent", "words", "down", "up"]

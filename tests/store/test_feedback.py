"""What users think of the answers: the last verdict of each request, with no more of the user than needed."""

from __future__ import annotations

import pytest

from bot.domain import Verdict
from bot.store.feedback import FeedbackRows
from tests.store.values import logged

GIVEN = "SELECT request_id, verdict, comment FROM feedback ORDER BY request_id"


@pytest.fixture
def feedback(database, clock):
    return FeedbackRows(database, clock)


@pytest.fixture(autouse=True)
def asked(rows):
    """Two requests that are in the log."""
    rows.add([logged(request_id="one"), logged(request_id="two")])


def test_a_verdict_is_kept_with_its_request_and_time(feedback, run_sql, clock):
    assert feedback.give("one", Verdict.UP, "很清楚")
    assert run_sql(GIVEN) == [("one", "up", "很清楚")]
    assert run_sql("SELECT given_at FROM feedback") == [(clock.now,)]


def test_a_later_verdict_takes_the_place_of_the_earlier(feedback, run_sql):
    feedback.give("one", Verdict.UP, "很清楚")
    feedback.give("two", Verdict.UP, "")
    feedback.give("one", Verdict.DOWN, "")

    assert run_sql(GIVEN) == [("one", "down", ""), ("two", "up", "")]


def test_a_verdict_that_is_taken_back_leaves_nothing(feedback, run_sql):
    feedback.give("one", Verdict.DOWN, "错了")

    assert feedback.give("one", Verdict.NONE, "")
    assert run_sql(GIVEN) == []


def test_words_without_a_verdict_are_kept(feedback, run_sql):
    feedback.give("one", Verdict.NONE, "还行")

    assert run_sql(GIVEN) == [("one", "none", "还行")]


@pytest.mark.parametrize("request_id", ["three", "", "ONE"])
def test_what_was_never_asked_is_not_judged(feedback, run_sql, request_id):
    assert not feedback.give(request_id, Verdict.UP, "")
    assert run_sql(GIVEN) == []


def test_a_comment_is_masked_like_a_question(feedback, run_sql):
    feedback.give("one", Verdict.DOWN, "请打13812345678\0")

    assert run_sql("SELECT comment FROM feedback") == [("请打[phone]",)]

"""Reports of the question log: counts, latencies, users, verdicts and entries of a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Verdict
from bot.reports_questions import EntryFigures, Span, total
from bot.store.feedback import FeedbackRows
from bot.store.question_figures import QuestionFigures
from tests.store.values import ASKED, logged

DAY = 86_400.0
ALWAYS = Span(0.0, 1e10)
START = 1_760_000_000.0


@pytest.fixture
def figures(database, clock):
    return QuestionFigures(database, clock)


@pytest.fixture
def ask(rows):
    """Puts a question into the log: what came of it, and when and by whom it was asked."""

    def ask(request_id="", at=START, user="oUser", channel="ask", latency_ms=4.5, **asked):
        values = {"asked_at": at, "user": user, "channel": channel, "latency_ms": latency_ms}
        rows.add([logged(asked=replace(ASKED, **asked), request_id=request_id, **values)])

    return ask


@pytest.fixture
def judge(database, clock):
    """Gives a verdict on a request."""
    verdicts = FeedbackRows(database, clock)
    return lambda request_id, verdict: verdicts.give(request_id, verdict, "")


def test_a_log_without_questions_has_figures_too(figures):
    nothing = figures.figures(ALWAYS)

    assert (nothing.questions, nothing.share_answered, nothing.share_liked) == (0, None, None)
    assert nothing.latency(50) is None
    assert (figures.users(), figures.first_asked(), figures.entries()) == (0, None, [])


def test_questions_are_counted_by_outcome_language_and_channel(figures, ask):
    ask()
    ask(language="en", outcome="abstain", entry="", channel="chat")
    ask(language="zh-Hant", outcome="clarify", entry="")
    ask(outcome="smalltalk", entry="greeting")
    counted = figures.figures(ALWAYS)

    assert counted.by("outcome") == {"answer": 1, "abstain": 1, "clarify": 1, "smalltalk": 1}
    assert counted.by("language") == {"zh-Hans": 2, "en": 1, "zh-Hant": 1}
    assert counted.by("channel") == {"ask": 3, "chat": 1}
    assert (counted.questions, counted.share_answered, counted.unanswered) == (4, 0.5, 1)


def test_a_span_has_its_start_and_not_its_end(figures, ask):
    for at in (START - 0.001, START, START + DAY - 0.001, START + DAY):
        ask(at=at)

    assert figures.figures(Span(START, START + DAY)).questions == 2
    assert figures.first_asked() == START - 0.001


def test_latencies_are_told_to_half_a_millisecond_and_untimed_questions_left_out(figures, ask):
    for latency in (*[3.1] * 90, *[7.4] * 9, 1200.0):
        ask(latency_ms=latency)
    ask(latency_ms=None)
    timed = figures.figures(ALWAYS)

    assert [timed.latency(percent) for percent in (50, 90, 95, 99, 100)] == [3.0, 3.0, 7.5, 7.5, 1200.0]


def test_users_are_counted_once_a_channel_and_nobody_is_no_user(figures, ask):
    for user, channel in (("a", "ask"), ("a", "ask"), ("b", "ask"), ("a", "chat"), ("", "ask")):
        ask(user=user, channel=channel)
    ask(user="old", at=START - DAY)

    assert figures.users() == 4
    assert figures.users(Span(START, START + 1)) == 3
    assert figures.users(Span(START, START + 100 * DAY)) == 3


def test_verdicts_count_when_they_were_given(figures, ask, judge, clock):
    for name in ("one", "two", "three"):
        ask(name)
    judge("one", Verdict.UP)
    judge("two", Verdict.DOWN)
    judge("three", Verdict.NONE)
    given = Span(clock.now, clock.now + 1)

    assert (figures.figures(given).up, figures.figures(given).down) == (1, 1)
    assert figures.figures(given).share_liked == 0.5
    assert figures.figures(Span(given.end, given.end + 1)).up == 0


def test_days_add_up_to_what_they_are_together(figures, ask):
    for n in range(6):
        ask(at=START + n * DAY / 2, latency_ms=float(n), outcome="abstain" if n % 2 else "answer")
    days = [figures.figures(Span(START + n * DAY, START + (n + 1) * DAY)) for n in range(3)]

    assert [day.questions for day in days] == [2, 2, 2]
    assert total(days) == figures.figures(Span(START, START + 3 * DAY))


def test_a_day_that_is_over_for_long_is_remembered_and_this_one_is_not(figures, ask, clock):
    old = Span(clock.now - 3 * DAY, clock.now - 2 * DAY)
    fresh = Span(clock.now - DAY / 2, clock.now + 1)
    for span in (old, fresh, old, fresh):
        ask(at=span.start)
        figures.figures(span)

    assert figures.figures(old).questions == 1
    assert figures.figures(fresh).questions == 2


def test_entries_are_told_by_knowledge_language_with_the_most_asked_first(figures, ask, judge):
    ask("one", at=START)
    ask("two", at=START + 5, language="zh-Hant")
    ask("three", language="en")
    ask(outcome="abstain", entry="")
    ask("four", entry="fees")
    for name, verdict in (("one", Verdict.UP), ("two", Verdict.DOWN), ("four", Verdict.DOWN)):
        judge(name, verdict)

    assert figures.entries() == [
        EntryFigures("filing", "zh", hits=2, up=1, down=1, last_asked=START + 5),
        EntryFigures("fees", "zh", hits=1, up=0, down=1, last_asked=START),
        EntryFigures("filing", "en", hits=1, up=0, down=0, last_asked=START),
    ]
    for length in (9, 100 * DAY):
        hits = [one for one in figures.entries(Span(START + 1, START + length)) if one.hits]
        assert [(one.entry, one.language, one.hits, one.last_asked) for one in hits] == [
            ("filing", "zh", 1, START + 5)
        ]

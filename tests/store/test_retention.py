"""How long things are kept, and that one process a night deletes what is older."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.domain import Verdict
from bot.store.feedback import FeedbackRows
from bot.store.retention import Retention
from tests.store.values import effect, logged

DAY = 86400.0


@pytest.fixture
def retention(database, clock):
    return Retention(database, clock, days=90)


def no_pause():
    pass


def ask(rows, *ages, clock):
    rows.add([logged(f"{age} days", asked_at=clock.now - age * DAY) for age in ages])


def left(run_sql):
    return [question for (question,) in run_sql("SELECT question FROM questions ORDER BY id")]


def at(hour, day=22):
    """A time of the machine's own, in seconds since the epoch."""
    return datetime(2026, 11, day, hour).timestamp()


def test_questions_are_kept_for_as_long_as_is_said(retention, rows, clock, run_sql):
    ask(rows, 0, 89.9, 90.1, 400, clock=clock)

    assert retention.purge(no_pause)["questions"] == 2
    assert left(run_sql) == ["0 days", "89.9 days"]


def test_many_are_deleted_a_few_at_a_time_so_that_others_can_write_between(retention, rows, clock, run_sql):
    ask(rows, *[100] * 1700, 1, clock=clock)

    between = []
    assert retention.purge(lambda: between.append(len(left(run_sql))))["questions"] == 1700
    assert between == [1201, 701, 201]
    assert left(run_sql) == ["1 days"]


def test_feedback_goes_with_its_question_and_what_is_over_after_a_day(
    retention, inbox, database, clock, run_sql
):
    inbox.settle("wx1:message:1", effect())
    FeedbackRows(database, clock).give("request-1", Verdict.UP, "")
    clock.now += 2.1 * DAY
    first = retention.purge(no_pause)
    clock.now += 89 * DAY
    second = retention.purge(no_pause)

    assert (first["conversations"], first["pushes"], first["outbox"], first["feedback"]) == (1, 1, 1, 0)
    assert second["feedback"] == 1
    assert run_sql("SELECT count(*) FROM feedback") == [(0,)]


def test_of_all_workers_one_purges_a_night(database, rows, clock, run_sql):
    clock.now = at(hour=14)
    workers = [Retention(database, clock, days=90) for _ in range(3)]

    def night():
        ask(rows, 91, clock=clock)
        for worker in workers:
            worker.purge_nightly(no_pause)
        return len(left(run_sql))

    first_start = night()
    clock.now = at(hour=2, day=23)
    before_three = night()
    clock.now = at(hour=4, day=23)
    after_three = night()

    assert (first_start, before_three, after_three) == (0, 1, 0)


def test_a_worker_that_starts_again_does_not_purge_again(database, rows, clock, run_sql):
    clock.now = at(hour=14)
    Retention(database, clock, days=90).purge_nightly(no_pause)
    ask(rows, 91, clock=clock)
    Retention(database, clock, days=90).purge_nightly(no_pause)

    assert left(run_sql) == ["91 days"]

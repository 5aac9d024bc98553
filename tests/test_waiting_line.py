"""A line: for how long anybody waits in one that empties, and in one that does not."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from bot import waiting_line
from bot.waiting_line import Line, Patience


@pytest.fixture
def clock(monkeypatch):
    """The time, to be put on by hand."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(waiting_line, "time", clock)
    return clock


@pytest.fixture
def line():
    """One thread serves it."""
    return Line(Patience(1.0, once_it_stands=0.5), at_once=1)


def served():
    turn = Future()
    turn.set_running_or_notify_cancel()
    return turn


def test_who_waits_for_too_long_goes_and_who_is_served_stays(clock, line):
    line.join("served", served())
    line.join("first", Future())
    clock.now += 0.4
    line.join("second", Future())
    line.leave("served")

    assert line.overdue(clock.now + 0.5) == []
    assert line.overdue(clock.now + 0.7) == ["first", "second"]
    assert not line.leave("first") and len(line) == 0


def test_in_a_line_that_empties_one_may_wait_for_longer(clock, line):
    line.join("served", served())
    clock.now += 5.0
    line.join("waits", Future())

    assert line.overdue(clock.now + 0.9) == []


def test_in_a_line_that_stands_nobody_waits_for_long(clock, line):
    line.join("served", served())
    for number in range(20):
        line.join(number, Future())
        clock.now += 0.1

    assert line.overdue(clock.now) == list(range(15))
    assert len(line) == 1 + 5


def test_once_it_was_empty_the_line_begins_anew(clock, line):
    line.join("served", served())
    line.join("waits", Future())
    clock.now += 1.2
    assert line.overdue(clock.now) == ["waits"]

    line.join("next", Future())
    assert line.overdue(clock.now + 0.9) == []

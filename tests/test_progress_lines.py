"""Progress in a log: few lines, each of which says something new."""

from __future__ import annotations

import pytest

from bot.progress_lines import ProgressLines


@pytest.fixture
def lines():
    return []


@pytest.fixture
def seconds():
    """The time, which a test moves on."""
    return [100.0]


@pytest.fixture
def progress(lines, seconds):
    return ProgressLines(lines.append, lambda: seconds[0])


def test_a_long_stage_is_told_at_its_start_at_intervals_and_at_its_end(lines, seconds, progress):
    for done in range(0, 1001, 10):
        progress("embedding", done, 1000)
        seconds[0] += 0.3
    progress.finish()

    assert lines == [
        "embedding: 1,000 to do",
        "embedding: 340 of 1,000, about 19.8 s left",
        "embedding: 680 of 1,000, about 9.6 s left",
        "embedding: done in 30.3 s",
    ]


def test_a_short_stage_is_two_lines(lines, seconds, progress):
    progress("writing the version", 0, 1)
    seconds[0] += 75
    progress("writing the version", 1, 1)
    progress("checking", 1, 3)

    assert lines == ["writing the version …", "writing the version: done in 1 min 15 s", "checking: 3 to do"]


def test_what_was_broken_off_is_not_called_done(lines, seconds, progress):
    progress("embedding", 3, 1000)
    seconds[0] += 5
    progress.finish()

    assert lines == ["embedding: 1,000 to do"]


def test_many_steps_in_little_time_are_no_more_lines(lines, progress):
    for done in range(1, 5000):
        progress("checking", done, 5000)

    assert len(lines) == 1

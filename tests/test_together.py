"""What waits for the same thing, side by side in one thread."""

from __future__ import annotations

import threading
from concurrent.futures import wait
from contextvars import ContextVar
from threading import Event

import pytest

from bot.together import AT_MOST, Together, let_others_begin

named = ContextVar("named", default="nobody")


@pytest.fixture
def together():
    return Together()


@pytest.fixture
def all_at_once(together):
    """Has acts done that all come while another one is being done."""

    def all_at_once(*acts):
        may_end = Event()
        together.submit(may_end.wait, 30)
        turns = [together.submit(act) for act in acts]
        may_end.set()
        wait(turns, 30)
        return turns

    return all_at_once


def telling(story, name):
    def act():
        story.append(f"{name} begins")
        let_others_begin()
        story.append(f"{name} ends")
        return name

    return act


def test_all_are_begun_before_one_goes_on(all_at_once):
    story = []

    turns = all_at_once(telling(story, "a"), telling(story, "b"))

    assert story == ["a begins", "b begins", "a ends", "b ends"]
    assert [turn.result() for turn in turns] == ["a", "b"]


def test_they_share_a_thread(all_at_once):
    threads = [turn.result() for turn in all_at_once(threading.get_ident, threading.get_ident)]

    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_who_comes_when_there_are_enough_is_begun_with_the_next(all_at_once):
    story = []

    all_at_once(*(telling(story, number) for number in range(AT_MOST + 1)))

    assert story.index(f"{AT_MOST} begins") > story.index(f"{AT_MOST - 1} ends")


def test_who_fails_is_the_only_one_to_hear_of_it(all_at_once):
    def fail():
        let_others_begin()
        raise OSError("gone")

    failed, fine = all_at_once(fail, telling([], "fine"))

    assert str(failed.exception()) == "gone"
    assert fine.result() == "fine"


def test_each_keeps_its_own_context(all_at_once):
    def act(name):
        named.set(name)
        let_others_begin()
        return named.get()

    assert [turn.result() for turn in all_at_once(lambda: act("a"), lambda: act("b"), named.get)] == [
        "a",
        "b",
        "nobody",
    ]


def test_what_is_cancelled_before_its_turn_is_not_done(together):
    story, may_end = [], Event()
    together.submit(may_end.wait, 30)
    cancelled, done = together.submit(story.append, "a"), together.submit(story.append, "b")

    assert cancelled.cancel()
    may_end.set()
    done.result(30)

    assert story == ["b"]


def test_in_a_thread_of_ones_own_there_is_nobody_to_begin():
    story = []

    assert telling(story, "alone")() == "alone"
    assert story == ["alone begins", "alone ends"]

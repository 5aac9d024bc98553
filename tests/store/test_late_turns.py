"""Conversations while the database is locked: nobody waits, and what was said is written afterwards."""

from __future__ import annotations

from contextlib import closing

import pytest

from bot.channels.late_turns import LateTurns
from bot.channels.sessions import Sessions
from bot.domain import Conversation
from bot.errors import StoreError
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.secrets import Secrets
from bot.web import ANSWER_PATIENCE
from tests.store.conftest import KEY, POSTGRESQL
from tests.store.faults import locked, until

HALF_AN_HOUR = 1800.0
FIRST, SECOND, THIRD = (Conversation(question=text) for text in ("备案要多久", "多少钱", "有哪些类型"))


@pytest.fixture
def conversations(database, clock):
    """A look at what is stored."""
    return Conversations(database, Secrets(KEY), clock, HALF_AN_HOUR)


@pytest.fixture
def late(conversations, clock):
    with closing(LateTurns(lambda: conversations, clock)) as late:
        yield late


@pytest.fixture
def sessions(url, clock, late):
    """As the application has them."""
    with closing(Database(url, ANSWER_PATIENCE)) as impatient:
        yield Sessions(lambda: Conversations(impatient, Secrets(KEY), clock, HALF_AN_HOUR), late)


def test_what_is_said_while_the_database_is_locked_is_remembered_and_written_later(
    sessions, url, conversations, clock
):
    sessions.keep("ask", "visitor-7", FIRST)
    clock.now += 600
    with locked(url, "conversations"):
        sessions.keep("ask", "visitor-7", SECOND)
        sessions.keep("ask", "visitor-7", THIRD)
        sessions.keep("ask", "visitor-8", SECOND)
        assert sessions.recall("ask", "visitor-7") == THIRD

    until(lambda: conversations.recall("ask", "visitor-7") == THIRD)
    until(lambda: conversations.recall("ask", "visitor-8") == SECOND)


def test_what_another_process_said_is_missing_only_while_it_cannot_be_read(
    sessions, kind, url, conversations, caplog
):
    sessions.recall("ask", "")
    conversations.keep("ask", "visitor-7", FIRST)
    with locked(url, "conversations"):
        # A writer of SQLite keeps nobody from reading.
        known = Conversation() if kind == POSTGRESQL else FIRST
        assert [sessions.recall("ask", "visitor-7") for _ in range(20)] == 20 * [known]
        assert caplog.text.count("answering without context") == (kind == POSTGRESQL)

    until(lambda: sessions.recall("ask", "visitor-7") == FIRST)


def test_a_locked_store_is_asked_once_until_it_can_be_read_again(clock):
    asked = []

    class Locked:
        def recall(self, channel, user):
            asked.append(user)
            raise StoreError("locked")

    with closing(LateTurns(Locked, clock)) as late:
        sessions = Sessions(Locked, late)
        for user in ("a", "b", "c"):
            assert sessions.recall("ask", user) == Conversation()
            sessions.keep("ask", user, FIRST)

        assert [user for user in asked if user] == ["a"]
        assert len(late) == 3


def test_what_was_said_later_elsewhere_is_not_written_over(conversations, clock):
    conversations.keep("ask", "visitor-7", SECOND)
    conversations.keep_late("ask", "visitor-7", FIRST, clock.now - 1)
    assert conversations.recall("ask", "visitor-7") == SECOND

    conversations.keep_late("ask", "visitor-7", THIRD, clock.now + 1)
    assert conversations.recall("ask", "visitor-7") == THIRD


def test_at_the_end_of_the_process_what_waits_is_written(sessions, late, url, conversations, clock):
    sessions.keep("ask", "visitor-7", FIRST)
    clock.now += 600
    with locked(url, "conversations"):
        sessions.keep("ask", "visitor-7", SECOND)
    late.close()

    assert conversations.recall("ask", "visitor-7") == SECOND


def test_turns_that_cannot_be_written_any_more_are_told(caplog):
    def closed():
        raise StoreError("gone")

    late = LateTurns(closed, lambda: 0.0)
    late.add("ask", "visitor-7", FIRST)
    late.close()

    assert "stopped with the turns of 1 conversations not written" in caplog.text

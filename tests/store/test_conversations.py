"""What is remembered of a user of a channel: for how long, and who gets to see it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import pytest
from sqlalchemy import update

from bot.domain import Conversation, Language
from bot.errors import StoreError
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.secrets import Secrets
from bot.store.tables import conversations as conversations_table
from tests.store.conftest import KEY

HALF_AN_HOUR = 1800.0
TALK = Conversation(Language.TRADITIONAL, ("fees",), question="備案要多久", entries=("filing-time",))


@pytest.fixture
def conversations(database, clock):
    return Conversations(database, Secrets(KEY), clock, HALF_AN_HOUR)


def test_a_conversation_comes_back_whole(conversations):
    conversations.keep("ask", "visitor-7", TALK)

    assert conversations.recall("ask", "visitor-7") == TALK


def test_the_last_conversation_replaces_the_one_before(conversations, run_sql):
    conversations.keep("ask", "visitor-7", TALK)
    conversations.keep("ask", "visitor-7", Conversation(question="多少钱"))

    assert conversations.recall("ask", "visitor-7") == Conversation(question="多少钱")
    assert run_sql("SELECT count(*) FROM conversations") == [(1,)]


@pytest.mark.parametrize(
    ("channel", "user"), [("ask", "visitor-8"), ("official:default", "visitor-7"), ("ask", "")]
)
def test_nobody_else_sees_it(conversations, channel, user):
    conversations.keep("ask", "visitor-7", TALK)

    assert conversations.recall(channel, user) == Conversation()


def test_half_an_hour_later_it_is_forgotten(conversations, clock):
    conversations.keep("ask", "visitor-7", TALK)
    clock.now += HALF_AN_HOUR
    assert conversations.recall("ask", "visitor-7") == TALK

    clock.now += 1
    assert conversations.recall("ask", "visitor-7") == Conversation()


def test_what_is_forgotten_leaves_the_disk_with_the_next_conversation(conversations, clock, run_sql):
    conversations.keep("ask", "visitor-7", TALK)
    conversations.keep("official:default", "oUser", TALK)
    clock.now += HALF_AN_HOUR + 1
    conversations.keep("ask", "visitor-8", TALK)

    assert sorted(run_sql("SELECT channel FROM conversations")) == [("ask",), ("official:default",)]


def test_no_session_id_is_on_the_disk(conversations, on_disk):
    conversations.keep("ask", "visitor-7-with-a-long-name", TALK)

    assert b"filing-time" in on_disk()
    assert b"visitor-7-with-a-long-name" not in on_disk()


def test_a_conversation_of_before_follow_ups_is_still_understood():
    old = {"language": "en", "choices": ["fees"], "rest": "more", "human_until": 0.0}

    assert Conversation.from_json(old) == Conversation(Language.ENGLISH, ("fees",), "more")
    assert asdict(Conversation.from_json(TALK.to_json())) == asdict(TALK)


def test_a_database_that_is_locked_is_waited_for_as_long_as_is_said(url, conversations, clock):
    conversations.keep("ask", "visitor-7", TALK)
    with (
        closing(Database(url, 0.05)) as impatient,
        closing(Database(url)) as other,
    ):
        waiting = Conversations(impatient, Secrets(KEY), clock, HALF_AN_HOUR)
        with other.transaction() as connection, pytest.raises(StoreError, match="lock"):
            connection.execute(update(conversations_table).values(updated_at=0.0))
            connection.execute(update(conversations_table).values(updated_at=clock.now))
            waiting.keep("ask", "visitor-7", Conversation())

    assert conversations.recall("ask", "visitor-7") == TALK

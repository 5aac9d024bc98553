"""A WeChat user who writes too much: told once and politely, then silence, and never an error."""

from __future__ import annotations

import pytest

from bot.channels.wechat.user_limits import ONE_NOTICE, UserLimits
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate
from tests.channels.wechat.chat import event, fields
from tests.channels.wechat.conftest import MINI, OFFICIAL
from tests.wechat.fakes import SAFE

SECOND = 1_000_000_000
CHINESE = "消息太快了，我跟不上。请稍等一会儿再问我。"
TRADITIONAL = "消息太快了，我跟不上。請稍等一會兒再問我。"
ENGLISH = "That was too fast for me. Please wait a moment and ask again."


@pytest.fixture
def limits(clock):
    """Two messages a minute; the clock of the limits is that of the bot."""
    moments = Moments()

    def nanoseconds():
        return int(clock.now * SECOND)

    messages = Allowance(Rate(2, 60), "user", moments, nanoseconds)
    return UserLimits(messages, Allowance(ONE_NOTICE, "notice", moments, nanoseconds))


@pytest.fixture
def limited(chat, limits):
    """Opens a chat that is limited."""
    return lambda *arguments, **options: chat(*arguments, limits=limits, **options)


def exhaust(chat, **more):
    """Write what may be written."""
    assert all("太快" not in chat.says("备案要多久", **more) for _ in range(2))


@pytest.mark.parametrize(
    ("words", "told"),
    [("备案要多久", CHINESE), ("備案要多久呢", TRADITIONAL), ("How long does filing take?", ENGLISH)],
)
def test_who_writes_too_much_is_told_so_in_the_language_of_the_message(limited, words, told):
    chat = limited()
    exhaust(chat)

    assert chat.says(words) == told


@pytest.mark.parametrize("account", [OFFICIAL, MINI])
def test_it_is_said_once_and_then_nothing_until_the_time_is_over(limited, clock, account):
    chat = limited(account)
    exhaust(chat)

    assert [chat.says("备案要多久") for _ in range(4)] == [CHINESE, "", "", ""]
    clock.now += 30
    assert "太快" not in chat.says("备案要多久") != ""


def test_every_reply_is_one_that_wechat_takes_encrypted_too(limited):
    chat = limited(credentials=SAFE, is_encrypted=True)
    replies = [chat.deliver(fields(Content="备案要多久")) for _ in range(5)]

    assert [reply.status_code for reply in replies] == [200] * 5
    assert [chat.opened(reply).text for reply in replies][2:] == [CHINESE, "", ""]


def test_users_and_accounts_are_counted_apart(limited):
    chat = limited()
    exhaust(chat)

    assert "太快" not in chat.says("备案要多久", FromUserName="oUser002")
    assert "太快" not in limited(OFFICIAL, name="other").says("备案要多久")


def test_a_message_that_is_delivered_again_gets_the_reply_it_had(limited):
    chat = limited()
    first, told = fields(Content="备案要多久"), fields(Content="要花多少钱")
    answer = chat.push(first)
    chat.says("备案要多久")

    assert chat.push(told) == CHINESE
    assert (chat.push(first), chat.push(told)) == (answer, CHINESE)


def test_a_menu_tapped_too_often_counts_and_what_happens_besides_does_not(limited, rows):
    chat = limited()
    for _ in range(2):
        chat.push(event("CLICK", EventKey="filing"))

    assert chat.push(event("CLICK", EventKey="filing")) == CHINESE
    assert chat.push(event("subscribe")) not in ("", CHINESE)
    chat.push(event("unsubscribe"))
    assert rows("user", "conversations") == []


def test_nothing_is_said_while_a_human_is_there(limited):
    chat = limited()
    chat.push(event("kf_create_session"))

    assert [chat.says("备案要多久") for _ in range(6)] == [""] * 6


def test_who_is_not_wechat_uses_up_nothing(limited):
    chat = limited()
    for _ in range(9):
        forged = chat.client.post(chat.address, query_string={"signature": "0" * 40}, data=b"<xml></xml>")
        assert forged.status_code == 403

    exhaust(chat)


def test_what_is_too_much_is_not_logged_as_a_question(limited, rows):
    chat = limited()
    exhaust(chat)
    for _ in range(3):
        chat.says("要花多少钱")

    assert rows("question", "questions ORDER BY id") == [("备案要多久",), ("备案要多久",)]

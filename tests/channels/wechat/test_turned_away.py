"""Pushes when too many come at once: told so without the model, in words that WeChat takes."""

from __future__ import annotations

import pytest

from bot.channels.overload import is_turned_away
from bot.domain import Language
from tests.channels.wechat.chat import event, fields
from tests.channels.wechat.conftest import MINI, OFFICIAL
from tests.wechat.fakes import SAFE

CHINESE = "现在咨询的人太多，我忙不过来。请稍后再发一次。"
TRADITIONAL = "現在諮詢的人太多，我忙不過來。請稍後再發一次。"
ENGLISH = "Too many people are asking at once. Please send that again in a moment."


@pytest.fixture
def flood():
    """Everybody is turned away until the flood is over."""
    token = is_turned_away.set(True)
    yield lambda: is_turned_away.set(False)
    is_turned_away.reset(token)


@pytest.mark.parametrize("account", [OFFICIAL, MINI])
@pytest.mark.parametrize(
    ("words", "told"),
    [("备案要多久", CHINESE), ("備案要多久呢", TRADITIONAL), ("How long does filing take?", ENGLISH)],
)
def test_who_is_turned_away_is_told_so_in_the_language_of_the_message(chat, flood, account, words, told):
    assert chat(account).says(words) == told


def test_a_message_without_words_is_answered_in_the_account_s_language(chat, flood):
    picture = fields("image", PicUrl="http://mmbiz.example/p", MediaId="m")

    assert chat(language=Language.ENGLISH).push(picture) == ENGLISH


def test_the_reply_is_encrypted_where_pushes_are(chat, flood):
    assert chat(credentials=SAFE, is_encrypted=True).says("备案要多久") == CHINESE


def test_a_push_that_had_its_answer_gets_it_again(chat, flood):
    chat_, filing = chat(), fields(Content="备案要多久")
    flood()
    answer = chat_.push(filing)
    is_turned_away.set(True)

    assert chat_.push(filing) == answer != CHINESE


def test_a_message_to_an_official_account_that_is_sent_again_is_answered_after_the_flood(chat, flood):
    chat_ = chat()
    assert chat_.says("备案要多久") == CHINESE
    flood()
    assert chat_.says("备案要多久") != CHINESE


def test_a_mini_program_s_user_is_told_once_for_all_deliveries(chat, flood):
    chat_, filing = chat(MINI), fields(Content="备案要多久")
    assert chat_.push(filing) == CHINESE
    flood()
    assert chat_.push(filing) == ""


def test_following_and_leaving_are_heard_all_the_same(chat, flood, rows):
    chat_ = chat()
    assert chat_.push(event("subscribe")) not in ("", CHINESE)
    chat_.push(event("unsubscribe"))
    assert rows("user", "conversations") == []


def test_nothing_is_said_while_a_human_is_there(chat, flood):
    chat_ = chat()
    chat_.push(event("kf_create_session"))

    assert chat_.says("备案要多久") == ""


def test_who_is_not_wechat_is_still_refused(chat, flood):
    chat_ = chat()
    forged = chat_.client.post(chat_.address, query_string={"signature": "0" * 40}, data=b"<xml></xml>")

    assert forged.status_code == 403


def test_what_was_not_answered_is_not_logged_as_a_question(chat, flood, rows):
    chat().says("备案要多久")

    assert rows("question", "questions") == []

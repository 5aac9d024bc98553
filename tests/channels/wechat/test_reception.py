"""What a push and a conversation come to, without store and wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.wechat.reception import Reception
from bot.domain import Conversation, Language
from bot.wechat.messages import parse_push
from tests.channels.wechat.chat import event, fields, written
from tests.channels.wechat.conftest import MINI, OFFICIAL

NOW = 1_760_000_000.0


@pytest.fixture
def receive(answerer):
    """The turn that a push's fields make."""

    def receive(values, talk=None, account=OFFICIAL, **changes):
        push = parse_push(written(values))
        return Reception(answerer, replace(account, **changes)).receive(push, talk or Conversation(), NOW)

    return receive


def test_the_same_push_on_the_same_conversation_makes_the_same_turn(receive):
    """A delivery may be computed again on any worker."""
    push, talk = fields(Content="备案时间"), Conversation(Language.TRADITIONAL, ("fees",), "剩下的")

    assert receive(push, talk) == receive(push, talk)


def test_a_question_is_logged_with_what_it_came_to(receive):
    (asked,) = receive(fields(Content="備案時間")).asked

    assert (asked.question, asked.language, asked.outcome) == ("備案時間", "zh-Hant", "answer")
    assert (asked.entry, asked.confidence, asked.index_version) == ("filing", 1.0, "20261122-120000")


def test_a_question_nobody_can_answer_is_logged_too(receive):
    (asked,) = receive(fields(Content="今天天气")).asked

    assert (asked.outcome, asked.entry) == ("abstain", "")


@pytest.mark.parametrize(
    "values", [fields("image"), fields(Content="继续"), event("subscribe"), event("LOCATION"), fields("odd")]
)
def test_what_is_no_question_is_not_logged(receive, values):
    assert receive(values).asked == ()


def test_an_answer_leaves_its_language_and_its_suggestions_to_choose_from(receive):
    talk = receive(fields(Content="備案時間")).conversation

    assert (talk.language, talk.choices) == (Language.TRADITIONAL, ("fees", "types"))


def test_a_number_is_answered_in_the_language_of_the_conversation(receive):
    turn = receive(fields(Content="1"), Conversation(Language.ENGLISH, choices=("filing",)))

    assert turn.spoken.text == "One to twenty working days."


def test_an_entry_that_a_new_index_dropped_is_asked_for_by_its_words(receive):
    turn = receive(fields(Content="备案时间", bizmsgmenuid="dropped-entry"))

    assert turn.asked[0].entry == "filing"


@pytest.mark.parametrize("hint", ["from=detail&sku=9", "<b>x</b>", "nowhere", "x" * 2000])
def test_what_a_client_says_of_itself_is_a_hint_that_shows_nowhere(receive, hint):
    plain = receive(event("user_enter_tempsession"), account=MINI)

    assert receive(event("user_enter_tempsession", SessionFrom=hint), account=MINI) == plain


def test_a_hint_that_the_operator_listed_puts_its_question_first(receive):
    entry = event("user_enter_tempsession", SessionFrom="from=order")
    turn = receive(entry, account=MINI, menu={"from=order": "fees"})

    assert [choice.id for choice in turn.spoken.choices] == ["fees", "types", "filing"]


def test_whoever_comes_back_is_greeted_in_the_language_of_the_conversation(receive):
    turn = receive(event("SCAN", EventKey="shop"), Conversation(Language.ENGLISH))

    assert turn.spoken.text == "Hello! Ask me about mini programs."


@pytest.mark.parametrize("put_off", [Reception.slow_down, Reception.turn_away, Reception.receive])
@pytest.mark.parametrize(("seconds_left", "is_silent"), [(1, True), (0, False)])
def test_the_bot_is_back_the_moment_a_humans_session_ends(answerer, put_off, seconds_left, is_silent):
    push, talk = parse_push(written(fields(Content="备案时间"))), Conversation(human_until=NOW + seconds_left)

    assert (put_off(Reception(answerer, OFFICIAL), push, talk, NOW).spoken is None) is is_silent


def test_what_happens_the_moment_a_humans_session_ends_is_heard(receive):
    assert receive(event("subscribe"), Conversation(human_until=NOW)).spoken.text == "你好！我是小程序顾问。"


def test_who_is_handed_over_keeps_the_conversation(receive):
    talk = Conversation(Language.SIMPLIFIED, ("fees",), "剩下的")

    assert receive(fields(Content="转人工"), talk, has_handoff=True).conversation == talk


def test_two_questions_are_both_answered_and_their_details_wait(receive):
    turn = receive(fields(Content="小程序备案要多久？小程序要花多少钱？"))

    answers = "**小程序备案要多久**\n\n一般要*一到二十个*工作日。\n\n**小程序要花多少钱**\n\n认证费每年"
    assert turn.spoken.text.startswith(answers)
    assert turn.spoken.rest.startswith("**小程序备案要多久**\n\n各地进度不同")

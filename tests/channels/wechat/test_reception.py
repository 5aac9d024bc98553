"""What a push and a conversation come to, without store and wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.answering.answerer import Answerer
from bot.channels.wechat.accounts import OfficeHours
from bot.channels.wechat.reception import Reception, Spoken, Turn
from bot.domain import Conversation, Judgement, Language, Offer, Verdict
from bot.wechat.messages import parse_push
from tests.channels.wechat.chat import event, fields, written
from tests.channels.wechat.conftest import MINI, OFFICIAL
from tests.channels.wechat.knowledge import INDEX
from tests.fakes import FakeIndex, make_entry

NOW = 1_760_000_000.0


@pytest.fixture
def receive(answerer):
    """The turn that a push's fields make."""

    def receive(values, talk=None, account=OFFICIAL, answerer=answerer, **changes):
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


# What is said


TALK = Conversation(Language.TRADITIONAL, ("fees",), "剩下的*", question="備案", entries=("filing",))
ENGLISH_TALK = replace(TALK, language=Language.ENGLISH)
PICTURE = fields("image", PicUrl="http://p/0", MediaId="m")


@pytest.mark.parametrize(
    "values",
    [
        PICTURE,
        fields("voice", MediaId="m", Recognition=" "),
        fields(Content=" "),
        fields(Content="【收到不支持的消息类型，暂无法显示】"),
        event("scancode_waitmsg", EventKey="k"),
    ],
    ids=["picture", "nothing heard", "blank", "sticker", "scan"],
)
def test_what_cannot_be_read_is_asked_for_in_text_and_the_conversation_stays(receive, values):
    said = Spoken("我只看得懂文字，請把問題打成文字發給我。", language=Language.TRADITIONAL)

    assert receive(values, TALK) == Turn(said, TALK)


def test_what_was_heard_is_answered_and_not_what_was_written_beside_it(receive):
    heard = fields("voice", MediaId="m", Recognition="备案时间", Content="小程序要花多少钱")

    assert receive(heard).asked[0].entry == "filing"


@pytest.mark.parametrize("values", [fields("odd", Content="备案时间"), event("VIEW"), event("unheard")])
def test_what_asks_for_nothing_changes_nothing(receive, values):
    assert receive(values, TALK) == Turn(None, TALK)


def test_the_rest_of_an_answer_is_shown_as_it_is_in_the_language_of_the_conversation(receive):
    said = Spoken("剩下的*", language=Language.ENGLISH, is_plain=True)

    assert receive(fields(Content="more"), ENGLISH_TALK) == Turn(said, ENGLISH_TALK)


def test_where_nothing_is_left_to_show_that_is_said(receive):
    talk = replace(ENGLISH_TALK, rest="")
    said = Spoken("There is nothing more to show. Just ask your next question.", language=Language.ENGLISH)

    assert receive(fields(Content="more"), talk) == Turn(said, talk)


def test_who_asks_something_unclear_is_offered_questions_without_a_heading(receive):
    spoken = receive(fields(Content="小程序")).spoken

    assert spoken.heading == "" and spoken.choices


def test_suggestions_stand_below_a_heading_in_the_script_of_the_answer(receive):
    spoken = receive(fields(Content="備案時間"), account=OFFICIAL, language=Language.ENGLISH).spoken

    assert (spoken.heading, spoken.language) == ("你可能還想問：", Language.TRADITIONAL)


# Taps


@pytest.mark.parametrize(
    ("menu_id", "entry"), [("filing", "filing"), ("0", ""), ("00", ""), ("", ""), ("nowhere", "")]
)
def test_a_tap_is_answered_by_its_entry_and_one_without_by_its_words(receive, menu_id, entry):
    index = FakeIndex(
        *INDEX.entries, make_entry("", "无关"), make_entry("0", "无关"), make_entry("00", "无关")
    )
    (asked,) = receive(fields(Content="天气", bizmsgmenuid=menu_id), answerer=Answerer(lambda: index)).asked

    assert (asked.question, asked.entry) == ("天气", entry)


def test_a_tap_is_remembered_like_a_question(receive):
    talk = receive(fields(Content="天气", bizmsgmenuid="filing")).conversation

    assert (talk.choices, talk.entries) == (("fees", "types"), ("filing",))


def test_a_number_is_read_in_the_language_of_the_account_where_nothing_was_said(receive):
    assert receive(fields(Content="7"), language=Language.ENGLISH).asked[0].language == "en"


# Humans


SERVED = replace(TALK, human_until=NOW + 1)


@pytest.mark.parametrize(
    "values", [fields(Content="备案时间"), PICTURE, event("subscribe"), event("CLICK", EventKey="filing")]
)
def test_while_a_human_is_there_nothing_is_said_and_all_is_remembered(receive, values):
    assert receive(values, SERVED) == Turn(None, SERVED)


@pytest.mark.parametrize("put_off", [Reception.slow_down, Reception.turn_away])
def test_while_a_human_is_there_nobody_is_put_off(answerer, put_off):
    push = parse_push(written(fields(Content="备案时间")))

    assert put_off(Reception(answerer, OFFICIAL), push, SERVED, NOW) == Turn(None, SERVED)


@pytest.mark.parametrize("name", ["kf_create_session", "kf_switch_session"])
def test_a_human_is_there_for_two_hours_unless_an_event_ends_it(receive, name):
    assert receive(event(name), SERVED) == Turn(None, replace(TALK, human_until=NOW + 7200))


def test_when_a_human_leaves_the_bot_goes_on_from_where_it_was(receive):
    assert receive(event("kf_close_session"), SERVED) == Turn(None, TALK)


def test_who_leaves_is_forgotten(receive):
    assert receive(event("unsubscribe"), SERVED) == Turn(None, None)


HANDED_OVER = Spoken(is_transfer=True, language=Language.ENGLISH)
CLOSED = OfficeHours(((1, 1, time(3), time(4)),))


def test_who_asks_for_a_human_is_handed_over_and_the_question_is_logged(receive):
    turn = receive(fields(Content="human agent"), TALK, has_handoff=True)

    assert (turn.spoken, turn.conversation) == (HANDED_OVER, TALK)
    assert [(asked.question, asked.outcome) for asked in turn.asked] == [("human agent", "handoff")]


def test_who_asks_for_a_human_at_night_is_told_so_in_the_language_of_the_question(receive):
    turn = receive(fields(Content="human agent"), TALK, has_handoff=True, office_hours=CLOSED)
    told = "Nobody is here right now. Please come back in office hours, or try asking me."

    assert turn.spoken == Spoken(told, language=Language.ENGLISH)
    assert (turn.conversation, len(turn.asked)) == (ENGLISH_TALK, 1)


def test_where_humans_take_over_the_bot_answers_all_the_same(receive):
    assert receive(fields(Content="备案时间"), has_handoff=True).asked[0].entry == "filing"


# Menus and greetings


@pytest.mark.parametrize(("key", "entry"), [("ENTRY", "filing"), ("QUESTION", "fees"), ("types", "types")])
def test_a_menu_key_opens_an_entry_or_asks_a_question(receive, key, entry):
    menu = {"ENTRY": "filing", "QUESTION": "小程序要花多少钱"}

    assert [asked.entry for asked in receive(event("CLICK", EventKey=key), menu=menu).asked] == [entry]


def test_a_menu_key_that_nobody_knows_is_greeted_and_asks_nothing(receive):
    turn = receive(event("CLICK", EventKey="小程序要花多少钱"))

    assert (turn.spoken.text, turn.asked) == ("你好！我是小程序顾问。", ())
    assert [choice.id for choice in turn.spoken.choices] == ["types", "fees", "filing"]


@pytest.mark.parametrize("hint", ["filing", ""])
def test_a_greeting_offers_three_questions_and_no_more(hint):
    index = FakeIndex(*INDEX.entries, make_entry("", "无关"))
    push = parse_push(written(event("user_enter_tempsession", SessionFrom=hint)))
    turn = Reception(Answerer(lambda: index), MINI).receive(push, Conversation(), NOW)

    assert sorted(choice.id for choice in turn.spoken.choices) == ["fees", "filing", "types"]


# Verdicts


def test_a_verdict_is_thanked_for_in_the_language_of_its_answer_and_changes_nothing(receive):
    talk = replace(TALK, offer=Offer("request-1", NOW - 9, Language.ENGLISH, is_last=True))
    thanked = Spoken("Thank you, that is noted.", language=Language.ENGLISH)

    turn = receive(fields(Content="有用"), talk)

    assert turn == Turn(thanked, talk, judgement=Judgement("request-1", Verdict.UP))


@pytest.mark.parametrize(
    ("changes", "has_human"),
    [({}, False), ({"has_handoff": True}, True), ({"has_handoff": True, "office_hours": CLOSED}, False)],
    ids=["never", "always", "at night"],
)
def test_who_was_not_helped_is_offered_a_human_where_one_is_there(receive, changes, has_human):
    talk = replace(TALK, offer=Offer("request-1", NOW - 9, Language.TRADITIONAL, is_last=True))

    assert ("人工客服" in receive(fields(Content="没用"), talk, **changes).spoken.text) is has_human


def test_a_tap_on_somebody_elses_answer_is_thanked_for_in_its_own_language(receive):
    turn = receive(fields(Content="Helpful", bizmsgmenuid="feedback-request-2"))

    assert turn.spoken.text == "Thank you, but this could not be noted. Just ask your next question."
    assert turn.spoken.language is Language.ENGLISH


# Put off


TAIWANESE = "小程式備案的訊息"


@pytest.mark.parametrize(
    "values", [fields(Content=TAIWANESE), fields("voice", MediaId="m", Recognition=TAIWANESE)]
)
@pytest.mark.parametrize(
    ("put_off", "told"),
    [
        (Reception.slow_down, "訊息太快了，我跟不上。請稍等一會兒再問我。"),
        (Reception.turn_away, "現在諮詢的人太多，我忙不過來。請稍後再發一次。"),
        (
            lambda reception, push, talk, _: reception.apologise(push, talk),
            "抱歉，服務暫時出了點問題，請稍後再試。",
        ),
    ],
    ids=["slow down", "turned away", "failed"],
)
def test_who_is_put_off_is_told_so_in_the_words_of_the_message(answerer, values, put_off, told):
    turn = put_off(Reception(answerer, OFFICIAL), parse_push(written(values)), TALK, NOW)

    assert turn == Turn(Spoken(told, language=Language.TRADITIONAL), TALK)


@pytest.mark.parametrize("values", [PICTURE, event("subscribe"), event("CLICK", Content="备案时间")])
def test_a_failure_is_not_told_to_who_said_nothing(answerer, values):
    push = parse_push(written(values))

    assert Reception(answerer, OFFICIAL).apologise(push, TALK) == Turn(None, TALK)

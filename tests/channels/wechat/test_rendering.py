"""How a turn looks in WeChat: one plain text that fits, with taps or numbers to go on."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from bot.channels.wechat.accounts import AccountKind
from bot.channels.wechat.reception import Spoken, Turn
from bot.channels.wechat.rendering import render, shown
from bot.domain import Conversation, Judgement, Language, Offer, Said, SaidKind, Suggestion, Verdict
from bot.wechat.replies import cdata

OFFICIAL, MINI = AccountKind.OFFICIAL, AccountKind.MINI
KINDS = pytest.mark.parametrize("kind", list(AccountKind))
ID = "feedback-request-1"
SENTENCE = "小程序的主体必须和商户号的主体一致。"


def choices(*questions):
    return tuple(Suggestion(f"entry-{n}", question) for n, question in enumerate(questions))


def tap(words, menu_id):
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={words}&msgmenuid={menu_id}">{words}</a>'


@KINDS
def test_an_answer_alone_is_shown_as_plain_text(kind):
    text = render(Spoken("**认证费**每年`三百`元。\r\n- 一\n- 二"), kind).text

    assert text == "认证费每年三百元。\n\n· 一\n· 二"


def test_an_official_account_offers_questions_as_taps():
    text = render(Spoken("好。", heading="还想问：", choices=choices("多少钱")), OFFICIAL).text

    assert text == (
        '好。\n\n还想问：\n· <a href="weixin://bizmsgmenu?msgmenucontent=多少钱&msgmenuid=entry-0">多少钱</a>'
    )


def test_a_mini_program_offers_questions_by_number_and_says_so():
    text = render(Spoken("好。", heading="还想问：", choices=choices("多少钱", "多久")), MINI).text

    assert text == "好。\n\n还想问：\n1. 多少钱\n2. 多久\n回复数字即可选择。"


def test_a_question_cannot_break_out_of_its_tap():
    text = render(Spoken("好。", choices=choices('a"></a><b>&msgmenuid=1#\n%22')), OFFICIAL).text
    link = fromstring(text[text.index("<a") :].replace("&msgmenuid", "&amp;msgmenuid"))

    assert link.attrib["href"].endswith("&msgmenuid=entry-0")
    assert (link.text.count("\n"), len(link)) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "language", "hint"),
    [
        (OFFICIAL, Language.SIMPLIFIED, tap("展开全部", "more")),
        (OFFICIAL, Language.TRADITIONAL, tap("展開全部", "more")),
        (OFFICIAL, Language.ENGLISH, tap("Show all", "more")),
        (MINI, Language.SIMPLIFIED, "回复“继续”查看全部。"),
        (MINI, Language.TRADITIONAL, "回覆“繼續”查看全部。"),
        (MINI, Language.ENGLISH, 'Reply "more" to read on.'),
    ],
)
def test_an_answer_that_goes_on_says_how_to_read_on(kind, language, hint):
    rendered = render(Spoken("短。", rest="**长**。", language=language), kind)

    assert rendered.text.endswith(hint)
    assert rendered.rest == "长。"


@KINDS
def test_an_answer_too_long_is_cut_at_a_sentence_and_says_how_to_read_on(kind):
    rendered = render(Spoken(SENTENCE * 50), kind)
    shown, hint = rendered.text.split("\n\n")

    assert len(rendered.text.encode()) <= 2048
    assert shown.endswith("。") and hint
    assert shown + rendered.rest == SENTENCE * 50


@KINDS
def test_what_is_cut_off_comes_before_what_was_left_out(kind):
    rendered = render(Spoken(SENTENCE * 50, rest="最后一段。"), kind)

    assert rendered.rest.startswith(SENTENCE)
    assert rendered.rest.endswith(f"{SENTENCE}\n\n最后一段。")


@KINDS
@pytest.mark.parametrize("character", ["字", "🙂", "a", "<a href='https://e.example/x'>链接</a>"])
@pytest.mark.parametrize("length", [1, 683, 2049])
def test_a_message_is_never_longer_than_wechat_carries(kind, character, length):
    long_questions = choices("很长的问题" * 30, "another question " * 30, "🙂" * 100)
    spoken = Spoken(character * length, rest="剩下的", heading="还想问：", choices=long_questions)

    assert 0 < len(render(spoken, kind).text.encode()) <= 2048


@KINDS
def test_the_answer_keeps_its_place_beside_long_questions(kind):
    text = render(Spoken(SENTENCE * 10, choices=choices(*["很长的问题" * 60] * 3)), kind).text

    assert text.startswith(SENTENCE * 10)


@KINDS
def test_a_rest_is_not_taken_for_markdown_again(kind):
    rest = "# 注释\n2 * 3 * 4\n\\*星号\\*"

    assert render(Spoken(rest, is_plain=True), kind).text == rest


def test_whatever_is_shown_survives_the_wire():
    text = render(Spoken("写 `a[b[0]]>1`。\x10\x1d"), OFFICIAL).text

    assert fromstring(f"<x>{cdata(text)}</x>").text == text == "写 a[b[0]]>1。"


@KINDS
@pytest.mark.parametrize("length", range(1700, 2060, 9))
def test_a_verdict_is_asked_for_only_where_the_whole_answer_leaves_room(kind, length):
    spoken = Spoken("a" * length)
    plain, asking = render(spoken, kind), render(spoken, kind, "0123456789abcdef" * 2)

    assert len(asking.text.encode()) <= 2048
    assert asking.text.startswith(plain.text) and asking.rest == plain.rest
    assert asking.asks_verdict is (asking.text != plain.text)


def test_a_short_answer_leaves_room_to_ask_and_a_full_message_does_not():
    assert render(Spoken("a" * 1700), OFFICIAL, "request-1").asks_verdict
    assert not render(Spoken("a" * 2000), OFFICIAL, "request-1").asks_verdict


@pytest.mark.parametrize(
    ("kind", "language", "question"),
    [
        (MINI, Language.SIMPLIFIED, "这个回答有帮助吗？回复“有用”或“没用”即可。"),
        (MINI, Language.TRADITIONAL, "這個回答有幫助嗎？回覆“有用”或“沒用”即可。"),
        (MINI, Language.ENGLISH, 'Was this helpful? Reply "helpful" or "not helpful".'),
        (OFFICIAL, Language.SIMPLIFIED, f"这个回答有帮助吗？ {tap('有用', ID)} · {tap('没用', ID)}"),
        (OFFICIAL, Language.TRADITIONAL, f"這個回答有幫助嗎？ {tap('有用', ID)} · {tap('沒用', ID)}"),
        (OFFICIAL, Language.ENGLISH, f"Was this helpful? {tap('Helpful', ID)} · {tap('Not helpful', ID)}"),
    ],
)
def test_a_verdict_is_asked_for_below_the_answer_in_its_language(kind, language, question):
    assert render(Spoken("A.", language=language), kind, "request-1").text == f"A.\n\n{question}"


@KINDS
def test_a_message_may_be_filled_to_the_last_byte_to_ask_for_a_verdict(kind):
    question = render(Spoken("a"), kind, "request-1").text.removeprefix("a")
    room = 2048 - len(question.encode())
    full, fuller = (render(Spoken("a" * length), kind, "request-1") for length in (room, room + 1))

    assert (len(full.text.encode()), full.asks_verdict) == (2048, True)
    assert (fuller.text, fuller.asks_verdict) == ("a" * (room + 1), False)


@pytest.mark.parametrize(("length", "is_offered"), [(1097, True), (1098, False)])
def test_a_question_that_would_take_the_answers_room_is_not_offered(length, is_offered):
    text = render(Spoken("好。", choices=choices("a" * length)), MINI).text

    assert (text != "好。") is is_offered


ASKED = Conversation(
    Language.ENGLISH, ("fees",), "old rest", offer=Offer("request-0", 5.0, Language.ENGLISH, is_last=True)
)
GONE_ON = Offer("request-0", 5.0, Language.ENGLISH, is_last=False)


def test_nothing_is_said_and_nothing_forgotten_where_there_is_nothing_to_say():
    assert shown(Turn(None, ASKED), OFFICIAL, 7.0) == (Said(SaidKind.NOTHING, at=7.0), ASKED)


def test_whoever_is_to_be_forgotten_is():
    assert shown(Turn(None, None), OFFICIAL, 7.0) == (Said(SaidKind.NOTHING, at=7.0), None)


def test_after_a_hand_over_a_verdict_needs_to_name_its_answer():
    said, talk = shown(Turn(Spoken(is_transfer=True), ASKED), OFFICIAL, 7.0)

    assert said == Said(SaidKind.TRANSFER, at=7.0)
    assert talk == replace(ASKED, offer=GONE_ON)


def test_after_an_answer_its_rest_is_kept_and_a_verdict_on_another_needs_to_name_it():
    said, talk = shown(Turn(Spoken("好。", rest="还有。"), ASKED), MINI, 7.0)

    assert said == Said(SaidKind.TEXT, "好。\n\n回复“继续”查看全部。", 7.0)
    assert talk == replace(ASKED, rest="还有。", offer=GONE_ON)


def test_after_an_answer_that_asks_for_a_verdict_one_is_awaited_on_it():
    said, talk = shown(Turn(Spoken("A.", language=Language.ENGLISH), ASKED), MINI, 7.0, "request-1")

    assert said.text.startswith("A.\n\nWas this helpful?")
    assert talk == replace(ASKED, rest="", offer=Offer("request-1", 7.0, Language.ENGLISH, is_last=True))


def test_who_is_thanked_for_a_verdict_goes_on_from_where_they_were():
    thanked = Turn(Spoken("谢谢。"), ASKED, judgement=Judgement("request-0", Verdict.UP))

    assert shown(thanked, MINI, 7.0) == (Said(SaidKind.TEXT, "谢谢。", 7.0), ASKED)

"""How a turn looks in WeChat: one plain text that fits, with taps or numbers to go on."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from bot.channels.wechat.accounts import AccountKind
from bot.channels.wechat.reception import Spoken
from bot.channels.wechat.rendering import render
from bot.domain import Language, Suggestion
from bot.wechat.replies import cdata

OFFICIAL, MINI = AccountKind.OFFICIAL, AccountKind.MINI
KINDS = pytest.mark.parametrize("kind", list(AccountKind))
SENTENCE = "小程序的主体必须和商户号的主体一致。"


def choices(*questions):
    return tuple(Suggestion(f"entry-{n}", question) for n, question in enumerate(questions))


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
        (OFFICIAL, Language.SIMPLIFIED, ">展开全部</a>"),
        (OFFICIAL, Language.TRADITIONAL, ">展開全部</a>"),
        (OFFICIAL, Language.ENGLISH, ">Show all</a>"),
        (MINI, Language.SIMPLIFIED, "回复“继续”查看全部。"),
        (MINI, Language.TRADITIONAL, "“繼續”查看全部。"),
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

"""Composed answers: the entries' own sentences, each doubt said once, nothing too long."""

from __future__ import annotations

import pytest

from bot.answering.composing import MAX_TEXT, one_by_one, quoted, with_included
from bot.answering.wording import CHINESE, ENGLISH
from bot.domain import Grade
from tests.fakes import make_entry

SUITS = make_entry("suits", "选哪种？", answer="选电商。\n\n因为能收款。")
NEEDS = make_entry("needs", "要准备什么？", answer="要执照。\n\n还有商户号。", label="要准备什么")
COST = make_entry("cost", "多少钱？", answer="几千元。\n\n看功能。", grade=Grade.REPORTED, as_of="2026-01")


def test_an_answer_is_followed_by_the_short_answers_that_belong_to_it():
    composed = with_included(SUITS, [NEEDS], CHINESE)

    assert composed.text == "选电商。\n\n因为能收款。\n\n**要准备什么**\n\n要执照。"
    assert (composed.short, composed.rest) == ("选电商。\n\n**要准备什么**\n\n要执照。", "因为能收款。")
    assert composed.entries == (SUITS, NEEDS)


def test_without_a_label_the_question_leads():
    assert "**多少钱？**\n\n几千元。" in with_included(SUITS, [COST], CHINESE).text


def test_a_doubt_about_an_included_answer_names_it():
    text = with_included(SUITS, [NEEDS, COST], CHINESE).text

    assert text.endswith(
        "（关于“多少钱？”：以上来自第三方说法，截至 2026-01，未经微信官方证实，"
        "请到微信公众平台后台 mp.weixin.qq.com 核对。）"
    )


def test_a_doubt_about_two_answers_names_both():
    time = make_entry("time", "多久？", answer="一周。", grade=Grade.REPORTED, as_of="2026-02")
    text = one_by_one([SUITS, COST, time], CHINESE).text

    assert "（关于“多少钱？, 多久？”：以上来自第三方说法，截至 2026-01，" in text


def test_the_same_doubt_is_said_once_with_the_oldest_date():
    entries = [
        make_entry(name, f"{name}?", answer="Yes.", is_volatile=True, as_of=date)
        for name, date in (("a", "2026-05"), ("b", "2018-11"), ("c", "2024"))
    ]
    text = one_by_one(entries, ENGLISH).text

    assert text.count("(As of") == 1
    assert text.endswith(
        "(As of 2018-11; this may have changed. Please check mp.weixin.qq.com before you act.)"
    )


def test_different_doubts_are_all_said():
    dated = make_entry("dated", "期限？", answer="三天。", is_volatile=True, as_of="2024")
    text = one_by_one([dated, COST], CHINESE).text

    assert "（关于“期限？”：信息截至 2024" in text
    assert "（关于“多少钱？”：以上来自第三方说法，截至 2026-01" in text


def test_questions_are_answered_in_short_each_under_its_own():
    composed = one_by_one([SUITS, NEEDS], CHINESE)

    assert composed.text == composed.short == "**选哪种？**\n\n选电商。\n\n**要准备什么？**\n\n要执照。"
    assert composed.rest == "**选哪种？**\n\n因为能收款。\n\n**要准备什么？**\n\n还有商户号。"


def test_details_that_would_make_an_answer_too_long_wait():
    long = make_entry("long", "选？", answer="短。\n\n" + "甲" * 900 + "\n\n" + "乙" * 400)
    composed = with_included(long, [NEEDS], CHINESE)

    assert len(composed.text) <= MAX_TEXT
    assert "甲" in composed.text and "乙" not in composed.text and "要执照。" in composed.text
    assert "乙" * 400 in composed.rest


def test_of_a_list_that_is_too_long_the_first_items_are_shown():
    items = "\n".join(f"- {char * 300}" for char in "甲乙丙丁")
    composed = with_included(
        make_entry("long", "选？", answer=f"短。\n\n{items}\n\n末段。"), [NEEDS], CHINESE
    )

    assert len(composed.text) <= MAX_TEXT
    assert f"短。\n\n- {'甲' * 300}\n- {'乙' * 300}\n- {'丙' * 300}\n\n**要准备什么**" in composed.text
    assert composed.rest == f"{items}\n\n末段。"


def test_an_answer_of_one_entry_is_never_shortened():
    long = make_entry("long", "选？", answer="短。\n\n" + "甲" * 3000)

    assert with_included(long, [], CHINESE).text == long.answer


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("北京天气怎么样？", "北京天气怎么样？"),
        ("<img src=x onerror=alert(1)> **你好**？", "img srcx onerroralert1 你好？"),
        ("[点](http://e.com)_a_`b`", "点http:e.comab"),
        ("好" * 80, "好" * 60 + "…"),
    ],
)
def test_a_readers_words_are_repeated_without_marks(typed, shown):
    assert quoted(typed) == shown


def test_a_doubt_about_the_first_answer_names_nothing():
    assert with_included(COST, [NEEDS], CHINESE).text.endswith(
        "\n\n（以上来自第三方说法，截至 2026-01，未经微信官方证实，"
        "请到微信公众平台后台 mp.weixin.qq.com 核对。）"
    )


def test_a_doubt_names_a_part_as_the_answer_does():
    fee = make_entry("fee", "费用是多少？", answer="三百。", grade=Grade.REPORTED, as_of="2026", label="费用")

    assert "关于“费用是多少？”：" in one_by_one([SUITS, fee], CHINESE).text
    assert "关于“费用”：" in with_included(SUITS, [fee], CHINESE).text


def test_a_doubt_without_a_date_is_as_old_as_the_knowledge_base():
    undated = make_entry("undated", "多少？", answer="三百。", grade=Grade.REPORTED, as_of="")

    assert "截至 本知识库整理之日，" in with_included(undated, [], CHINESE).text


@pytest.mark.parametrize(("size", "shown"), [(60, "甲" * 60), (61, "甲" * 60 + "…")])
def test_sixty_characters_of_a_reader_are_repeated(size, shown):
    assert quoted("甲" * size) == shown


TAIL = "\n\n**要准备什么**\n\n要执照。"


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize(("spare", "is_shown"), [(0, True), (-1, False)])
def test_details_are_shown_up_to_the_last_character_that_fits(is_list, spare, is_shown):
    room = MAX_TEXT - len("短。" + TAIL) - len("\n\n") - spare
    details = "- " + "甲" * (room - 2) if is_list else "甲" * room
    entry = make_entry("long", "选？", answer=f"短。\n\n{details}\n\n完")

    shown = f"短。\n\n{details}{TAIL}" if is_shown else f"短。{TAIL}"
    assert with_included(entry, [NEEDS], CHINESE).text == shown


def test_the_items_that_just_fit_are_shown():
    room = MAX_TEXT - len("短。" + TAIL) - len("\n\n")
    item = "- " + "甲" * (room - 2)
    entry = make_entry("long", "选？", answer=f"短。\n\n{item}\n- 乙")

    assert with_included(entry, [NEEDS], CHINESE).text == f"短。\n\n{item}{TAIL}"


def test_all_details_that_fit_are_shown():
    entry = make_entry("three", "选？", answer="短。\n\n一。\n\n二。")

    assert with_included(entry, [NEEDS], CHINESE).text == f"短。\n\n一。\n\n二。{TAIL}"

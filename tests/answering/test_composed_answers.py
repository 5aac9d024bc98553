"""Replies that show several entries: a need with what belongs to it, and two questions at once."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.domain import Language, OutcomeKind, Source
from tests.fakes import FakeIndex, make_entry

ENTRIES = (
    make_entry(
        "bakery",
        "面包店选哪种小程序？",
        answer="选电商小程序。\n\n因为要收款。",
        includes=("cost", "gone", "english"),
        related=("cost", "filing"),
        sources=("S1",),
    ),
    make_entry("cost", "开发商城要多少钱？", answer="几千元起。", label="多少钱", sources=("S2",)),
    make_entry("filing", "小程序备案要多久？", answer="二十天以内。\n\n各地不同。", related=("cost", "fee")),
    make_entry("fee", "小程序认证费是多少？", answer="三百元。", related=("filing", "bakery")),
    make_entry("english", "Only here?", answer="Only here.", language="en"),
    make_entry("hello", "你们好吗？", answer="好。", topic="smalltalk"),
)
SOURCES = [Source(f"S{n}", True, {"zh": f"公告{n}", "en": f"Notice {n}"}, "weixin.qq.com") for n in (1, 2)]
BOTH = "小程序备案要多久？小程序认证费是多少？"


@pytest.fixture
def bot():
    index = FakeIndex(*ENTRIES, sources=SOURCES)
    return Answerer(lambda: index)


def ids(reply) -> list[str]:
    return [part.entry.id for part in reply.parts]


def test_a_need_is_answered_with_what_belongs_to_it_in_its_own_language(bot):
    reply = bot.answer("面包店选哪种小程序")

    assert reply.text == "选电商小程序。\n\n因为要收款。\n\n**多少钱**\n\n几千元起。"
    assert (reply.short, reply.rest) == ("选电商小程序。\n\n**多少钱**\n\n几千元起。", "因为要收款。")
    assert (ids(reply), reply.entry.id) == (["bakery", "cost"], "bakery")


def test_each_part_has_its_own_sources(bot):
    parts = bot.answer("面包店选哪种小程序").parts

    assert [part.source_titles for part in parts] == [("公告1",), ("公告2",)]


def test_what_is_shown_is_not_offered_again(bot):
    assert [s.id for s in bot.answer("面包店选哪种小程序").suggestions] == ["filing"]
    assert [s.id for s in bot.answer(BOTH).suggestions] == ["cost", "bakery"]


def test_an_entry_chosen_by_hand_is_told_with_what_belongs_to_it(bot):
    assert ids(bot.tell("bakery", Language.SIMPLIFIED)) == ["bakery", "cost"]


def test_two_questions_get_two_answers(bot):
    reply = bot.answer(BOTH)

    assert (reply.outcome, reply.is_answered, ids(reply)) == (OutcomeKind.ANSWER, True, ["filing", "fee"])
    assert reply.text == "**小程序备案要多久？**\n\n二十天以内。\n\n**小程序认证费是多少？**\n\n三百元。"
    assert reply.rest == "**小程序备案要多久？**\n\n各地不同。"


def test_two_questions_are_as_sure_as_the_less_sure_one_and_rank_first(bot):
    reply = bot.answer("小程序备案要多久？小程序认证费是几块？")

    assert [hit.entry_id for hit in reply.ranking.hits][:2] == ["filing", "fee"]
    assert reply.confidence == bot.answer("小程序认证费是几块？").confidence < 1


@pytest.mark.parametrize("questions", [["备案要多久", "认证费是多少"], ["认证费是多少", "备案要多久"]])
def test_the_answers_to_two_questions_rank_in_their_order_and_others_once_behind_them(bot, questions):
    reply = bot.answer("".join(f"小程序{question}？" for question in questions))

    ranked = [hit.entry_id for hit in reply.ranking.hits]
    assert ranked[:2] == ids(reply) == [{"备": "filing", "认": "fee"}[question[0]] for question in questions]
    assert sorted(ranked) == sorted(entry.id for entry in ENTRIES)


def test_what_is_not_known_is_named_behind_two_answers_too(bot):
    reply = bot.answer(f"{BOTH}明天上海天气怎样？")

    assert ids(reply) == ["filing", "fee"]
    assert reply.text.endswith("三百元。\n\n另外，关于“明天上海天气怎样？”，我没有可靠的答案，不想乱说。")


def test_two_questions_in_traditional_are_answered_in_traditional(bot):
    reply = bot.answer("小程序備案要多久？小程序認證費是多少？")

    assert reply.text == "**小程序備案要多久？**\n\n二十天以內。\n\n**小程序認證費是多少？**\n\n三百元。"


def test_of_a_known_and_an_unknown_question_the_known_is_answered_and_the_other_named(bot):
    reply = bot.answer("小程序备案要多久？明天<b>上海</b>天气怎样？")

    assert (reply.outcome, ids(reply)) == (OutcomeKind.ANSWER, ["filing"])
    assert reply.text == (
        "二十天以内。\n\n各地不同。\n\n另外，关于“明天b上海b天气怎样？”，我没有可靠的答案，不想乱说。"
    )
    assert reply.short.endswith("我没有可靠的答案，不想乱说。")


def test_a_story_before_the_question_does_not_count(bot):
    reply = bot.answer("我开店三年了。生意一直不错。小程序备案要多久？")

    assert "我没有可靠的答案" not in reply.text


def test_a_greeting_beside_a_question_is_no_question(bot):
    assert "hello" not in ids(bot.answer("你们好吗？小程序备案要多久？"))


def test_a_long_greeting_and_a_question_are_not_two_questions():
    greeting = make_entry("hello", "你们大家今天都好吗？", answer="好。", topic="smalltalk")
    bot = Answerer(lambda: FakeIndex(*ENTRIES[:-1], greeting))

    assert len(bot.answer("你们大家今天都好吗？小程序备案要多久？").parts) == 1


@pytest.mark.parametrize("question", ["今天天气怎么样", "weather"])
def test_a_refusal_shows_no_entry(bot, question):
    assert bot.answer(question).parts == ()

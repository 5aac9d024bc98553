"""What the last answer tells already."""

from __future__ import annotations

import pytest

from bot.answering.following_up import meaning
from bot.answering.told import asks_number, is_named, lacks_number, tells
from bot.domain import Hit, Ranking
from tests.fakes import make_entry

URGENT = make_entry(
    "urgent",
    "能加快吗？",
    answer="可以，每季度 2 次，约 3 小时。\n\n超出次数的，按普通速度处理。",
    topic="review",
)
PRICE = make_entry("price", "多少钱一套？", answer="每套 1,200 元。", topic="fees")
RENEWAL = make_entry("renewal", "一年几次续费？", answer="一次。", topic="fees")
ENTRIES = {entry.id: entry for entry in (URGENT, PRICE, RENEWAL)}
FAR = Ranking((Hit("renewal", 2.0), Hit("price", 1.0), Hit("urgent", 0.5)), 0.02)
NEAR = Ranking((Hit("urgent", 9.0), Hit("renewal", 3.0)), 0.8)


@pytest.mark.parametrize(
    "question", ["几次", "一年几次", "可以几次", "多久", "要多久", "how often", "how long does it take"]
)
def test_a_number_is_told_where_the_short_answer_has_one_of_its_kind(question):
    assert asks_number(question)
    assert tells(URGENT, question)


@pytest.mark.parametrize("question", ["多少钱", "how much", "how much is it"])
def test_a_number_of_another_kind_is_not_what_is_asked(question):
    assert asks_number(question)
    assert tells(PRICE, question)
    assert not tells(URGENT, question)


@pytest.mark.parametrize(
    "question", ["多少钱一套", "审核要多久", "how much is a licence", "how long is the name"]
)
def test_what_names_a_thing_asks_for_more_than_a_number(question):
    assert not asks_number(question)


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("超出怎么办", "超出次数的", True),
        ("周末加班吗", "法定假日不加班", True),
        ("今晚吃啥", "今晚维护，吃饭不影响", True),
        ("明早看球赛吗", "明早开放", False),
        ("weekends?", "Closed on weekends.", True),
        ("for a restaurant", "Restaurants need a licence.", True),
        ("a desk", "Desks are for members.", True),
        ("the map", "The map is free.", True),
        ("lamps or carpets", "Lamps are sold out.", True),
        ("lamps or carpets or curtains", "Lamps are sold out.", False),
        ("what's your name", "We tell you what others say to your friends.", False),
        ("what time is it", "This takes time.", False),
        ("is it red", "Reduced prices.", False),
        ("for a football club", "Anyone may use it.", False),
        ("怎么样", "什么都行", False),
        ("", "什么都行", False),
    ],
)
def test_a_thing_is_named_by_half_of_its_words_or_characters_in_pairs(question, text, named):
    assert is_named(question, text) is named


def test_what_the_last_answer_tells_is_answered_by_it_again():
    found = meaning([FAR], [NEAR, NEAR], ENTRIES, [URGENT], "超出呢", 0.5)

    assert found.hits[0].entry_id == "urgent" and found.evidence > 0


def test_what_it_does_not_tell_is_not_believed():
    assert meaning([FAR], [NEAR, NEAR], ENTRIES, [URGENT], "放假吗", 0.5).evidence < 0


def test_an_entry_that_is_about_just_that_is_asked_first():
    """The last answer names it in passing, another in its question."""
    paid = make_entry("paid", "超出怎么收费？", topic="fees")
    close = Ranking((Hit("paid", 5.0), Hit("urgent", 5.5)), 0.8)

    found = meaning([close], [close], {**ENTRIES, "paid": paid}, [URGENT], "超出", 0.5)

    assert found.hits[0].entry_id == "paid"


def test_a_bare_number_stays_with_the_last_answer_whoever_has_it_in_the_question():
    assert meaning([FAR], [NEAR, NEAR], ENTRIES, [URGENT], "一年几次", 0.5).hits[0].entry_id == "urgent"


@pytest.mark.parametrize(
    ("question", "entry", "lacks"),
    [
        ("要收费不", URGENT, True),
        ("what does it cost", URGENT, True),
        ("要收费不", PRICE, False),
        ("多久", PRICE, True),
        ("多久", URGENT, False),
        ("谁来办", PRICE, False),
    ],
)
def test_an_answer_lacks_a_number_of_the_kind_that_is_asked_for(question, entry, lacks):
    assert lacks_number(entry, question) is lacks


def test_who_asks_for_a_price_is_not_told_what_has_none():
    near = Ranking((Hit("urgent", 4.0), Hit("price", 3.0)), 0.5)

    assert meaning([near], [near], ENTRIES, [RENEWAL], "收费不", 0.5).hits[0].entry_id == "price"

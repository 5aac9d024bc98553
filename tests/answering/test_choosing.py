"""Choosing an offered question by number, by place or by its words."""

from __future__ import annotations

import pytest

from bot.answering.choosing import asks_for_more, chosen_by_place, chosen_by_words, marks_choice
from bot.answering.normalising import normalise

OFFERS = ["个人小程序可以备案吗？", "小程序备案要多久？", "小程序备案的截止日期是哪天？"]
ENGLISH_OFFERS = ["What is the certification fee?", "How long does certification take?"]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("2", 1),
        ("２", 1),
        ("第二个", 1),
        ("第2個", 1),
        ("第一項", 0),
        ("我选第三个", 2),
        ("the second one", 1),
        ("the first option please", 0),
        ("last one", 2),
        ("the last one", 2),
        ("最后一个", 2),
        ("後面那個", 2),
        ("前面那个", 0),
        ("4", None),
        ("两个都要吗", None),
        ("第二个类目怎么选", None),
        ("后面怎么办", None),
    ],
)
def test_an_offer_is_named_by_number_or_place(said, number):
    assert chosen_by_place(normalise(said).key, len(OFFERS)) == number


@pytest.mark.parametrize("said", ["2", "最后一个", "the first one"])
def test_nothing_can_be_chosen_when_nothing_was_offered(said):
    assert chosen_by_place(normalise(said).key, 0) is None


@pytest.mark.parametrize(
    ("said", "number"), [("截止日期", 2), ("个人的那个", 0), ("備案要多久", 1), ("个人", 0), ("哪天", 2)]
)
def test_an_offer_is_named_by_words_that_only_it_has(said, number):
    assert chosen_by_words(said, OFFERS) == number


@pytest.mark.parametrize(("said", "number"), [("the fee", 0), ("how long", 1), ("I mean the fee one", 0)])
def test_words_choose_in_english_too(said, number):
    assert chosen_by_words(said, ENGLISH_OFFERS) == number


@pytest.mark.parametrize(
    ("said", "offers", "number"),
    [
        ("what certification fee today tomorrow", ENGLISH_OFFERS, 0),
        ("fee today tomorrow", ENGLISH_OFFERS, None),
        ("截止日期吗呀", OFFERS, 2),
    ],
)
def test_most_of_what_was_said_must_be_in_the_offer(said, offers, number):
    assert chosen_by_words(said, offers) == number


def test_words_of_two_neighbouring_offers_choose_neither():
    assert chosen_by_words("费用", ["开店的费用？", "认证的费用？", "备案的日期？"]) is None


@pytest.mark.parametrize("said", ["备案", "小程序", "明天天气怎么样", "个人截止日期", "", "那个"])
def test_words_of_several_offers_or_of_none_choose_nothing(said):
    assert chosen_by_words(said, OFFERS) is None


@pytest.mark.parametrize("said", ["详细点", "詳細說說", "tell me more", "More details!", "继续说"])
def test_asking_for_more_is_understood_in_other_words(said):
    assert asks_for_more(normalise(said).key)


@pytest.mark.parametrize(
    "said", ["截止日期那个", "截止日期的那一个", "the deadline one", "that filing question"]
)
def test_what_names_one_of_several_says_so(said):
    assert marks_choice(normalise(said).text)


@pytest.mark.parametrize(
    "said", ["截止日期", "那个人呢", "那个要多久", "截止日期是哪天", "the deadline", "is the first one free?"]
)
def test_what_only_points_does_not(said):
    assert not marks_choice(normalise(said).text)

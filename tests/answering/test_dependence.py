"""Which questions need the one before, and what they are about without their linking words."""

from __future__ import annotations

import pytest

from bot.answering.dependence import Dependence, core, dependence, is_question, is_short
from bot.answering.normalising import normalise
from bot.domain import Language


@pytest.mark.parametrize(
    "question",
    [
        "那电商的呢？",
        "那电商小程序呢",
        "電商的呢",
        "还有个人的呢",
        "它要多久",
        "上面说的要交多少",
        "刚才说的那个怎么办",
        "那要多少钱",
        "what about individuals?",
        "and for a restaurant?",
        "how about e-commerce ones?",
        "how long does it take?",
        "what if it fails?",
        "for a hotel?",
        "on Sundays?",
        "three times?",
        "周末？",
    ],
)
def test_a_question_that_goes_on_depends_on_the_last_one(question):
    assert dependence(normalise(question)) is Dependence.CERTAIN


@pytest.mark.parametrize("question", ["多少钱", "要多久", "可以改吗", "how much?", "who decides refunds?"])
def test_a_short_question_without_a_subject_may_depend(question):
    assert dependence(normalise(question)) is Dependence.POSSIBLE


@pytest.mark.parametrize(
    "question",
    [
        "小程序备案要多久",
        "小程序认证多少钱",
        "这个小程序要备案吗",
        "那小程序备案要多久呢",
        "注册备案这些我都不会弄，能全扔给代办的服务商不",
        "How long does mini program filing take?",
        "With Taobao and JD dominating everything, isn't a little store doomed from day one?",
        "What if I register as a calculator tool and quietly sell snacks in it?",
    ],
)
def test_a_question_that_says_all_stands_alone(question):
    assert dependence(normalise(question)) is Dependence.NONE


@pytest.mark.parametrize(
    "said", ["好的呀", "哦这样啊", "你是谁呀", "原来是这样", "ok cool", "hello there", "行吧"]
)
def test_a_polite_word_does_not_go_on_from_the_last_question(said):
    assert dependence(normalise(said)) is not Dependence.CERTAIN


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("那电商的呢？", "电商"),
        ("那个人的呢", "个人"),
        ("跟公众号比呢", "公众号"),
        ("好的，那要多少钱", "要多少钱"),
        ("多少钱", "多少钱"),
        ("and for a restaurant?", "restaurant"),
        ("what about e-commerce ones?", "e-commerce"),
        ("呢？", "呢"),
        ("and", "and"),
    ],
)
def test_linking_words_are_left_out(question, rest):
    assert core(normalise(question)) == rest


@pytest.mark.parametrize("question", ["它能放到我的小程序里吗", "can it go into my mini program?"])
def test_what_points_back_depends_though_it_names_the_subject(question):
    assert dependence(normalise(question)) is Dependence.CERTAIN


def test_what_points_at_the_subject_itself_may_stand_alone():
    assert dependence(normalise("小程序能用它吗")) is Dependence.POSSIBLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲乙丙" * 3, True),
        ("甲乙丙" * 3 + "丁", False),
        ("那" + "甲乙丙" * 4, True),
        ("那" + "甲乙丙" * 4 + "丁", False),
    ],
)
def test_a_question_is_short_up_to_nine_characters_or_thirteen_with_a_link(text, expected):
    assert is_short(normalise(text, Language.SIMPLIFIED)) is expected


def test_a_preposition_that_belongs_to_the_question_stays():
    assert core(normalise("and in what cities")) == "in what cities"


@pytest.mark.parametrize(
    ("said", "asks"),
    [("預算三千", False), ("预算有限", False), ("打算下周开业", False), ("怎么算", True), ("算违规不", True)],
)
def test_a_budget_asks_nothing(said, asks):
    assert is_question(normalise(said)) is asks

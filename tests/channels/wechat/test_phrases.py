"""The words that the channels say, and the words that they obey."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from bot.answering.choosing import asks_for_more, chosen_number
from bot.answering.normalising import normalise
from bot.channels.wechat.phrases import CHINESE, ENGLISH, phrases


@pytest.mark.parametrize(
    "said", ["继续", "继续！", " 更多 ", "展開全部", "看全部", "More", "show all", "Go on.", "ＭＯＲＥ"]
)
def test_asking_for_more_is_understood(said):
    assert asks_for_more(normalise(said).key)


@pytest.mark.parametrize("said", ["继续教育小程序怎么备案", "more expensive?", "全部费用是多少", "", "？"])
def test_a_question_that_only_holds_the_word_does_not_ask_for_more(said):
    assert not asks_for_more(normalise(said).key)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_on_the_link_and_in_the_hint_are_understood_when_they_come_back(language):
    words = phrases(language)
    quoted = words.more_by_word.replace("“", '"').replace("”", '"').split('"')[1]

    assert asks_for_more(normalise(words.more).key)
    assert asks_for_more(normalise(quoted).key)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1", 1),
        ("２", 2),
        ("3.", 3),
        ("（2）", 2),
        ("第二个", 2),
        ("第3個", 3),
        ("第一条", 1),
        ("选2", 2),
        ("選擇三", 3),
        ("2号", 2),
        ("No. 2", 2),
        ("option 3", 3),
        ("second", 2),
        ("First one!", 1),
    ],
)
def test_a_number_is_understood_however_it_is_written(said, number):
    assert chosen_number(normalise(said).key) == number


@pytest.mark.parametrize("said", ["0", "12", "300元", "第二个类目怎么选", "second-hand", "", "一一"])
def test_a_question_that_only_holds_a_number_names_none(said):
    assert chosen_number(normalise(said).key) is None


def test_both_languages_say_everything():
    assert [text for words in (CHINESE, ENGLISH) for text in astuple(words) if not text.strip()] == []

"""Scripts: one for matching, the reader's own for replies."""

from __future__ import annotations

import pytest

from bot.answering.script import is_simplified, is_traditional, to_simplified, to_traditional

TEXT = "小程序的软件和菜单不受网络影响。"


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("開發與審核", "开发与审核"),
        ("小程式", "小程序"),
        ("小程序", "小程序"),
        ("軟體的選單", "软件的菜单"),
        ("著作權", "著作权"),
        ("皇后在後面", "皇后在后面"),
        ("什麼", "什么"),
    ],
)
def test_both_ways_to_write_a_word_become_the_mainland_one(traditional, simplified):
    assert to_simplified(traditional) == simplified


@pytest.mark.parametrize("text", ["小程序要备案么", "程序员上传文件", "社群里有什么", "WeChat Pay 123", ""])
def test_simplified_text_stays_as_it_is(text):
    assert to_simplified(text) == text


@pytest.mark.parametrize("text", ["開店", "這樣可以嗎", "這樣可以開店吗"])
def test_mostly_traditional_characters_make_a_text_traditional(text):
    assert is_traditional(text)


@pytest.mark.parametrize("text", ["开店", "公司", "后台", "能用么", "我要开店嗎可以吗", "shop", ""])
def test_other_texts_are_not_traditional(text):
    assert not is_traditional(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("开店", True), ("公司", False), ("開店", False), ("", False)]
)
def test_one_simplified_character_makes_a_text_simplified(text, expected):
    assert is_simplified(text) is expected


def test_a_question_in_taiwans_words_is_replied_to_in_them():
    expected = "小程式的軟體和選單不受網路影響。"

    assert to_traditional(TEXT, like="小程式要怎麼登入") == expected


@pytest.mark.parametrize("question", ["個人能開通微信支付嗎", "小程序怎麼收費", "這樣能用么", "文件要求"])
def test_a_question_without_taiwans_words_changes_the_characters_only(question):
    expected = "小程序的軟件和菜單不受網絡影響。"

    assert to_traditional(TEXT, like=question) == expected


def test_addresses_and_latin_words_survive_the_conversion():
    assert to_traditional("到 mp.weixin.qq.com 查 AppID", like="軟體") == "到 mp.weixin.qq.com 查 AppID"

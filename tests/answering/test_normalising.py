"""Normalising: what means the same becomes the same, what does not stays apart."""

from __future__ import annotations

import pytest

from bot.answering.normalising import detect_language, normalise
from bot.domain import Language


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        pytest.param("ＷｅＣｈａｔ　Ｐａｙ？", "wechat pay?", id="full width"),
        pytest.param("  How \t much\r\n is it ", "how much is it", id="spaces and lines"),
        pytest.param("MINI Program", "mini program", id="capitals"),
        pytest.param("開通微信支付", "开通微信支付", id="Traditional characters"),
        pytest.param("小程式怎麼登入", "小程序怎么登录", id="Taiwan's words"),
        pytest.param("pay\u202eyap\u0007\u0000", "pay yap", id="control characters"),
        pytest.param("好" * 500, "好好好", id="500 times one character"),
        pytest.param("好的！！！！！！", "好的!", id="many marks"),
        pytest.param("cafe\u0301", "caf\u00e9", id="an accent apart"),
    ],
)
def test_a_question_is_folded_to_one_form(typed, text):
    assert normalise(typed).text == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("能开店吗", "能 开店 吗？！"),
        ("能开店吗", "「能開店嗎」"),
        ("能开店吗", "😀能开店吗😀"),
        ("小程序要钱吗", "小程式要錢嗎"),
        ("小程序要钱吗", "XCX要钱吗"),
        ("做个小程序", "做个 xcx"),
        ("公众号和小程序", "gzh和xcx"),
        ("用微信支付", "用wx支付"),
        ("小程序要钱吗", "小\u200b程序要钱吗"),
        ("Mini-program cost?", "mini program COST"),
    ],
)
def test_questions_that_differ_only_in_writing_share_a_key(one, other):
    assert normalise(one).key == normalise(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("押金 1000 元", "押金 10000 元"),
        ("cost 2000000", "cost 2000"),
        ("小程序", "小进程"),
        ("上线么", "上线吗"),
    ],
)
def test_questions_about_different_things_keep_different_keys(one, other):
    assert normalise(one).key != normalise(other).key


@pytest.mark.parametrize(
    "text", ["小程序能用么", "上传文件", "加入社群", "电商小程序 app", "wx.request报错", "wxml是什么"]
)
def test_mainland_words_stay_as_they_are(text):
    assert normalise(text).text == text


@pytest.mark.parametrize("typed", ["", "   ", "？！…", "😀👍🏽", "\u200b\ufeff", "___"])
def test_a_question_without_a_letter_or_digit_has_no_key(typed):
    assert normalise(typed).key == ""


@pytest.mark.parametrize("typed", ["小程式怎麼登入", "ＷｅＣｈａｔ　Ｐａｙ？", "好" * 9, "İstanbul ﬁne"])
def test_normalising_twice_changes_nothing(typed):
    once = normalise(typed, Language.SIMPLIFIED)

    assert normalise(once.text, Language.SIMPLIFIED) == once


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh-Hans", "个人可以开店吗"),
        ("zh-Hant", "個人可以開店嗎"),
        ("zh-Hant", "小程式審核要幾天"),
        ("zh-Hans", "电商"),
        ("zh-Hant", "電商"),
        ("zh-Hans", "公司"),
        ("zh-Hans", "后台在哪里"),
        ("en", "Can I open a shop on my own?"),
        ("en", "cost"),
    ],
)
def test_the_language_and_script_of_a_question_are_recognised(language, question):
    assert normalise(question).language == language


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh-Hans", "怎么注册 mini program developer account"),
        ("zh-Hant", "請問 mini program 怎麼註冊"),
        ("zh-Hans", "AppID 在哪"),
        ("zh-Hans", "微信小店 vs 小程序"),
        ("en", "how do I register a 小程序"),
        ("en", "What does 备案 mean?"),
        ("en", "is 電商 allowed"),
    ],
)
def test_the_frame_of_a_mixed_question_decides_not_the_terms_in_it(language, question):
    assert detect_language(question) == language


def test_full_width_latin_letters_are_latin_words():
    assert normalise("ｗｈａｔ　ｄｏｅｓ　备案　ｍｅａｎ").language == Language.ENGLISH


@pytest.mark.parametrize(
    "question", ["", "😀😀😀", "كم التكلفة؟", "‏هل يمكنني فتح متجر؟", "12345", "?", "\u0000\u001b", "Сколько?"]
)
def test_what_is_not_chinese_is_answered_in_english(question):
    assert normalise(question).language == Language.ENGLISH


def test_emoji_do_not_hide_the_language():
    assert normalise("😀🚀 能开店吗 🚀😀").language == Language.SIMPLIFIED


@pytest.mark.parametrize("language", Language)
def test_a_language_that_is_given_is_kept_whatever_the_question_is_written_in(language):
    assert normalise("個人可以開店嗎", language).language == language
    assert normalise("Can I open a shop?", language).language == language


def test_the_text_of_a_right_to_left_question_keeps_its_letters():
    assert normalise("\u200fهل يمكنني فتح متجر؟").text == "هل يمكنني فتح متجر؟"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("能开店吗？？？！！！", "能开店吗?"),
        ("HELP!!! how much???", "help! how much?"),
        ("备案要多久🙏🏽🙏🏽❤️😭", "备案要多久"),
        ("小程式怎麼串金流", "小程序怎么串支付"),
        ("智慧型手機的行動支付", "智能手机的移动支付"),
        ("收集個資、推播折價券", "收集个人信息、推送优惠券"),
        ("網域和伺服器", "域名和服务器"),
        ("軟體的使用者帳號", "软件的用户帐号"),
    ],
)
def test_excitement_and_regional_words_are_folded_too(typed, text):
    assert normalise(typed).text == text


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh-Hant", "小程式"),
        ("zh-Hant", "台灣"),
        ("zh-Hant", "金流"),
        ("zh-Hans", "台湾"),
        ("zh-Hans", "小程式认证"),
        ("zh-Hans", "ICP备案"),
        ("zh-Hant", "ICP備案"),
        ("zh-Hans", "H5商城"),
    ],
)
def test_a_few_characters_are_enough_to_tell_language_and_script(language, question):
    assert normalise(question).language == language


@pytest.mark.parametrize(
    ("typed", "text"), [("why!?", "why?"), ("why.!?", "why?"), ("ok,. then", "ok, then"), ("no!!", "no!")]
)
def test_of_several_marks_the_question_or_the_first_stays(typed, text):
    assert normalise(typed).text == text


def test_one_chinese_character_can_make_a_question_chinese():
    assert normalise("vip吗").language is Language.SIMPLIFIED

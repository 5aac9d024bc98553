"""Spelling: slips are mended by what the knowledge base is written with, and fine questions stay."""

from __future__ import annotations

import pytest

from bot.answering.spelling import Speller
from bot.retrieval.vocabulary import learn_vocabulary

ASKED = (
    "小程序备案要多久",
    "小程序认证要多少钱",
    "个人能开商城吗",
    "营业执照怎么办理",
    "商城的退货怎么处理",
    "怎么申请微信支付",
    "how long does the certification of a mini program take",
    "which licence does the merchant need for a refund",
    "how do i close my account in the app",
)
# A word must be met a few times to be trusted.
SPELLER = Speller(learn_vocabulary(ASKED * 3))


def mended(text: str) -> str:
    return SPELLER.with_words(SPELLER.with_sounds(SPELLER.from_pinyin(text)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("小成序备按要多久", "小程序备案要多久"),
        ("小程絮怎么人正", "小程序怎么认证"),
        ("个人能开商成吗", "个人能开商城吗"),
        ("营业直照", "营业执照"),
    ],
)
def test_characters_that_sound_like_a_known_word_become_it(written, meant):
    assert mended(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("xiaochengxu beian yaoduojiu", "小程序备案要多久"),
        ("xiao cheng xu bei an yao duo jiu", "小程序备案要多久"),
        ("xiǎochéngxù rènzhèng", "小程序认证"),
        ("xiao3cheng2xu4 bei4an4", "小程序备案"),
        ("小程序 renzheng 多少钱", "小程序 认证 多少钱"),
        ("app zenme shenqing weixin zhifu", "app 怎么申请微信支付"),
    ],
)
def test_pinyin_becomes_characters(written, meant):
    assert mended(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("certifcation of a mini prgram", "certification of a mini program"),
        ("does the mercahnt need a lisence", "does the merchant need a licence"),
        ("how do i get a refnud?", "how do i get a refund?"),
        ("how to clsoe it", "how to close it"),
    ],
)
def test_latin_words_with_a_slip_become_the_known_word(written, meant):
    assert mended(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        *ASKED,
        "这个城市的房价是多少",
        "糖尿病人能吃西瓜吗",
        "这家商场几点开门",
        "can we change the game and open a menu online",
        "please mediate between the clothes makers",
        "merchants' accounts aren't closed, www.merchan.com",
        "how do i get a visa for china",
        "momo 怎么退货",
        "e-commerce 怎么申请",
        "3.14 + 2,71",
        "كم التكلفة",
        "",
    ],
)
def test_a_fine_question_is_not_bent(text):
    assert mended(text) == text


def test_a_knowledge_base_without_chinese_turns_nothing_into_characters():
    speller = Speller(learn_vocabulary(["how do i close my account"] * 3))

    assert speller.with_sounds(speller.from_pinyin("bei an 备按")) == "bei an 备按"

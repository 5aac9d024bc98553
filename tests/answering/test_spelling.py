"""Spelling: slips are mended by what the knowledge base is written with, and fine questions stay."""

from __future__ import annotations

import pytest

from bot.answering.spelling import Speller
from bot.domain import Vocabulary
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


# To the letter, with vocabularies made by hand


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("weidians", "weidians"),
        ("lisense", "licence"),
        ("lisensi", "lisensi"),
        ("refnud", "refund"),
        ("rifond", "rifond"),
    ],
    ids=["more of them", "long, two slips", "long, three slips", "short, one slip", "short, two slips"],
)
def test_how_many_slips_a_word_may_have(written, meant):
    speller = Speller(Vocabulary({"licence": 3, "refund": 3, "weidian": 3}))

    assert speller.with_words(written) == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ({"xabel": 9, "zabex": 3}, "zabex"),
        ({"zabem": 3, "zaben": 9}, "zaben"),
        ({f"zabe{last}": count for count, last in enumerate("abcdfgh", 1)}, "zabeh"),
    ],
    ids=["first letter", "commoner", "commonest of many"],
)
def test_of_words_that_are_as_near_one_is_taken(words, meant):
    assert Speller(Vocabulary(words)).with_words("zabel") == meant


def by_letters(counts: dict[str, int], **pinyin: str) -> Speller:
    """Knows these phrases by their pinyin, and the syllables of which it is made."""
    sounds = dict(enumerate(("bei", "an", "e", "xu", "shen", "qing"), 0x4E00))
    return Speller(
        Vocabulary({}, counts, {}, {chr(code): sound for code, sound in sounds.items()}, [], pinyin)
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ebeian", "饿备案"),
        ("xu", "xu"),
        ("vvvv shenqing", "vvvv 申请"),
        ("vvvvv shenqing", "vvvvv shenqing"),
    ],
    ids=["one letter", "a character alone", "a third foreign", "more foreign"],
)
def test_what_pinyin_is_cut_into(written, meant):
    pinyin = {"e": "饿", "beian": "备案", "xu": "续", "shenqing": "申请"}
    speller = by_letters(dict.fromkeys(pinyin.values(), 9), **pinyin)

    assert speller.from_pinyin(written) == meant


SOUNDS = {**dict.fromkeys("人认", "ren"), **dict.fromkeys("正证", "zheng"), "被": "bei", "按": "an"}


def by_sound(counts: dict[str, int], *real: str, firm: tuple[str, ...], **meant: str) -> Speller:
    phrases = {sound.replace("_", " "): phrase for sound, phrase in meant.items()}
    return Speller(Vocabulary({}, counts, phrases, SOUNDS, real, {}, firm))


def test_two_common_words_are_meant_rather_than_a_rare_long_one():
    counts = {"认证": 1000, "备案": 1000, "仁政被岸": 1}
    phrases = {"ren_zheng": "认证", "bei_an": "备案", "ren_zheng_bei_an": "仁政被岸"}

    assert by_sound(counts, firm=tuple(counts), **phrases).with_sounds("人正被按") == "认证备案"


@pytest.mark.parametrize(
    ("counts", "real", "firm", "meant"),
    [
        ({"认证": 1000}, (), ("认证",), "认证"),
        ({"认证": 1000}, (), (), "人正"),
        ({"认证": 1000}, ("人正",), ("认证",), "人正"),
        ({"认证": 1000, "人": 500, "正": 500}, (), ("认证",), "人正"),
    ],
    ids=["a slip", "met too rarely", "a word of its own", "common characters"],
)
def test_what_is_taken_for_a_slip(counts, real, firm, meant):
    assert by_sound(counts, *real, firm=firm, ren_zheng="认证").with_sounds("人正") == meant

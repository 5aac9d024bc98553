"""The vocabulary: what a build learns from the questions, and that a version keeps it."""

from __future__ import annotations

import pytest

from bot.answering.normalising import normalise
from bot.answering.reading import read
from bot.answering.spelling import Speller
from bot.domain import Vocabulary
from bot.retrieval.versions import VersionStore
from bot.retrieval.vocabulary import learn_vocabulary
from tests.fakes import make_entry
from tests.retrieval.fakes import build, knowledge, load


def test_a_phrase_is_found_by_its_sound_and_the_commoner_one_is_preferred():
    learnt = learn_vocabulary(["小程序认证"] * 9 + ["人证物证"] * 3)

    assert learnt.by_sound["xiao cheng xu"] == "小程序"
    assert learnt.by_sound["ren zheng"] == "认证"


def test_a_character_is_found_as_it_is_read_in_its_word():
    assert learn_vocabulary(["开通银行卡"] * 3).by_sound["yin hang"] == "银行"


def test_a_rarer_word_that_sounds_alike_is_kept_from_being_mended():
    learnt = learn_vocabulary(["小程序认证"] * 9 + ["人证在哪里"])

    assert "人证" in learnt.real
    assert "认证" not in learnt.real


def test_a_slip_that_was_written_down_as_a_way_to_ask_does_not_pass_for_a_word():
    learnt = learn_vocabulary(["注册要多久"] * 60 + ["怎么注册", "主册要多久", "怎么主册"])

    assert Speller(learnt).with_sounds("主册难吗") == "注册难吗"


def test_a_rare_word_no_dictionary_knows_is_kept_where_the_common_one_never_stands():
    learnt = learn_vocabulary(["什么资质"] * 60 + ["卖自制饼干"])

    assert Speller(learnt).with_sounds("自制蛋糕") == "自制蛋糕"


def test_what_was_met_once_may_be_a_slip_itself_and_is_not_learnt():
    learnt = learn_vocabulary(["certifcation", *["certification"] * 3])

    assert list(learnt.words) == ["certification"]


@pytest.mark.parametrize("questions", [[], ["", "？？？"]])
def test_there_may_be_nothing_to_learn(questions):
    learnt = learn_vocabulary(questions)

    assert (learnt.words, learnt.phrases, learnt.by_sound) == ({}, {}, {})


def test_a_version_knows_the_words_of_its_questions(tmp_path):
    store = VersionStore(tmp_path)
    build(store, knowledge(make_entry("pay", "微信支付", asked=["开通微信支付", "微信支付费率"])))

    learnt = load(store).vocabulary
    assert isinstance(learnt, Vocabulary)
    assert learnt.by_sound["wei xin zhi fu"] == "微信支付"


def test_a_question_in_pinyin_is_read_with_them(tmp_path):
    store = VersionStore(tmp_path)
    build(store, knowledge(make_entry("pay", "微信支付", asked=["开通微信支付", "微信支付费率"])))

    understood, ranking = read(load(store), normalise("kai tong wei xin zhi fu"))
    assert (understood.text, ranking.hits[0].entry_id) == ("开通微信支付", "pay")

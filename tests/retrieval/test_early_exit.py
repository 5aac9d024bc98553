"""The early exit: what is answered by its words alone, and from where on that may be trusted."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from bot.answering.normalising import normalise
from bot.domain import Phrasing
from bot.ports import unobserved
from bot.retrieval.asked_questions import Asked, Guesses
from bot.retrieval.decision import SIGNALS
from bot.retrieval.early_exit_training import SHARE, trusted_from
from bot.retrieval.versions import VersionStore
from tests.fakes import make_entry
from tests.retrieval.fakes import BACKGROUND, PLACE, HashEmbedder, build, knowledge, load

THINGS = {
    "filing": ("备案", "域名备案", "主体备案"),
    "refund": ("退款", "退货退款", "订单退款"),
    "rename": ("改名", "名称修改", "更换名字"),
    "review": ("审核", "代码审核", "提交审核"),
}
ASKED = (
    "要多久",
    "多久能好",
    "需要几天",
    "时间多长",
    "怎么收费",
    "费用多少",
    "要花多少钱",
    "怎么操作",
    "如何办理",
)
BASE = knowledge(
    *(
        make_entry(name, f"{things[0]}是什么", asked=[*map("".join, product(things, ASKED))])
        for name, things in THINGS.items()
    ),
    background=tuple(
        Phrasing(thing + asked, PLACE) for thing, asked in product(("天气", "电影", "股票", "球赛"), ASKED)
    ),
    everyday=BACKGROUND,
)


class Unused(HashEmbedder):
    """A model that must not run."""

    def embed_queries(self, texts, progress=None):
        raise AssertionError(f"ran for {texts}")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    store = VersionStore(tmp_path_factory.mktemp("index"))
    build(store, BASE, false_answer_rate=0.2)
    return load(store)


@pytest.mark.parametrize(
    ("question", "entry"),
    [("备案要花多久", "filing"), ("退货退款的费用要多少", "refund"), ("名称修改怎么办理", "rename")],
)
def test_words_that_make_an_entry_sure_need_no_model(index, question, entry):
    index.embedder = Unused()
    try:
        found = index.rank_by_words(normalise(question))
    finally:
        index.embedder = HashEmbedder()

    assert found is not None
    assert found.hits[0].entry_id == entry
    assert found.is_by_words
    assert found.confidence >= index.answer_threshold
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)


@pytest.mark.parametrize("question", ["股票要花多少钱", "量子力学讲的什么", "备案的薛定谔方程", "多久"])
def test_words_that_do_not_are_left_to_the_model(index, question):
    assert index.rank_by_words(normalise(question)) is None


def test_a_phrasing_is_certain_without_its_words_being_judged(index):
    assert index.rank_by_words(normalise("备案要多久")) is None
    assert index.rank(normalise("备案要多久")).is_exact


def test_how_long_the_words_took_is_told_where_they_sufficed(index):
    told = []
    observed = index.observed(lambda stage, seconds: told.append(stage))

    observed.rank_by_words(normalise("股票要花多少钱"))
    assert not told
    observed.rank_by_words(normalise("备案要花多久"))
    assert len(told) == 1
    assert index.observed(unobserved).rank_by_words(normalise("备案要花多久"))


def test_a_knowledge_base_of_few_phrasings_has_no_early_exit(store):
    build(store)

    assert load(store).rank_by_words(normalise("年费多少呀")) is None


def test_the_share_that_words_alone_answer_is_noted(store):
    manifest = build(store, BASE, false_answer_rate=0.2)

    assert manifest.calibration["answered_by_words"] == pytest.approx(0.6, abs=0.4)
    assert {"static_pieces.npy", "static_ngrams.npy"} <= manifest.files.keys()


def asked(probabilities, right_by_words, right, in_scope=None) -> Asked:
    count = len(probabilities)
    inside = np.ones(count, bool) if in_scope is None else np.array(in_scope)
    return Asked(
        np.arange(count),
        np.zeros((count, len(SIGNALS))),
        np.array(right),
        inside,
        np.zeros(count, bool),
        0.35,
        Guesses(np.array(probabilities, np.float32), np.array(right_by_words)),
    )


FALLING = np.linspace(1, 0.5, 101)[:100]


def test_words_are_trusted_as_far_as_they_are_right_as_often_as_the_decision():
    wrong_below = FALLING >= 0.7
    found = asked(FALLING, wrong_below, np.ones(100, bool))

    assert trusted_from(found, np.ones(100, bool), 0.03) == pytest.approx(0.7, abs=0.011)


def test_what_the_decision_leaves_unanswered_is_not_right():
    found = asked(FALLING, FALLING >= 0.7, np.ones(100, bool))
    answers_some = FALLING >= 0.9

    assert trusted_from(found, answers_some, 0.03) < 0.6


def test_what_is_not_more_likely_than_not_is_never_believed():
    found = asked(FALLING - 0.4, np.ones(100, bool), np.ones(100, bool))

    assert trusted_from(found, np.ones(100, bool), 0.03) == 0.5


def test_words_that_are_never_as_right_are_never_trusted():
    found = asked(FALLING, np.zeros(100, bool), np.ones(100, bool))

    assert trusted_from(found, np.ones(100, bool), 0.03) > 1


def test_words_answer_falsely_no_more_than_their_share_of_the_wanted_rate():
    inside = np.arange(2_000) % 2 == 0
    probabilities = np.linspace(1, 0, 2_001)[:2_000]
    found = asked(probabilities, inside, inside, inside)
    threshold = trusted_from(found, inside, 0.5)

    outside = (probabilities >= threshold - 1e-6) & ~inside
    assert outside.sum() / 1_000 == pytest.approx(SHARE * 0.5, abs=0.002)


def test_a_few_surest_questions_say_nothing():
    found = asked(FALLING[:49], np.ones(49, bool), np.ones(49, bool))

    assert trusted_from(found, np.ones(49, bool), 0.03) > 1
    assert trusted_from(replace(found, near_share=0.1), np.ones(49, bool), 0.03) > 1

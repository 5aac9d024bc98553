"""What the words of a question alone make sure, and where more than they is asked."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.explaining import Asked, explain
from bot.answering.known_replies import RememberingAnswerer
from bot.domain import Conversation, Hit, Query, Ranking
from bot.retrieval.vocabulary import learn_vocabulary
from tests.fakes import FakeIndex, make_entry

FILING = make_entry("filing", "小程序备案要多久？", answer="一两周。")
FEE = make_entry("fee", "小程序认证要多少钱？", answer="三百元。")


class Worded(FakeIndex):
    """Its words make "备案" sure; remembers what it was asked, and how."""

    def __init__(self) -> None:
        super().__init__(FILING, FEE)
        self.vocabulary = learn_vocabulary([FILING.question, FEE.question] * 3)
        self.by_words: list[str] = []
        self.ranked: list[str] = []

    def rank_by_words(self, query: Query) -> Ranking | None:
        self.by_words.append(query.text)
        sure = Ranking((Hit("filing", -0.05), Hit("fee", -3.0)), 0.95, is_by_words=True)
        return sure if "备案" in query.text else None

    def rank(self, query: Query) -> Ranking:
        self.ranked.append(query.text)
        return super().rank(query)


@pytest.fixture
def index() -> Worded:
    return Worded()


def test_a_question_that_its_words_make_sure_is_answered_without_more(index):
    reply = Answerer(lambda: index).answer("我的备案何时能下来")

    assert (reply.text, reply.confidence, index.ranked) == ("一两周。", 0.95, [])


def test_what_its_words_do_not_is_ranked_by_everything(index):
    reply = Answerer(lambda: index).answer("认证要多少钱呀")

    assert (reply.text, index.ranked) == ("三百元。", ["认证要多少钱呀"])


def test_a_phrasing_is_not_judged_by_its_words(index):
    assert Answerer(lambda: index).answer("小程序备案要多久").confidence == 1.0
    assert index.by_words == []


def test_slips_are_mended_first(index):
    reply = Answerer(lambda: index).answer("小成序备按何时好")

    assert (reply.text, reply.ranking.read_as) == ("一两周。", "小程序备案何时好")
    assert index.ranked == []


@pytest.mark.parametrize("question", ["小程序备案要多久？小程序认证要多少钱？", "备案要多久，认证要多少钱"])
def test_of_a_question_that_may_be_two_each_part_is_ranked(index, question):
    Answerer(lambda: index).answer(question)

    assert index.by_words == []
    assert index.ranked


def test_who_goes_on_from_scores_asks_for_those_of_everything(index):
    for answerer in (Answerer(lambda: index), RememberingAnswerer(lambda: index)):
        assert not answerer.answer("我的备案何时能下来", by_words=False).ranking.is_by_words


def test_the_first_question_of_a_conversation_may_be_judged_by_its_words_the_next_may_not(index):
    converser = Converser(Answerer(lambda: index))

    first, talk = converser.reply("我的备案何时能下来", Conversation())
    assert (first.text, index.ranked) == ("一两周。", [])
    assert talk.entries == ("filing",)
    converser.reply("我的备案有人催吗", talk)
    assert index.ranked[0] == "我的备案有人催吗"


def test_the_explanation_says_that_it_were_the_words(index):
    found = explain(Answerer(lambda: index), Asked("我的备案何时能下来"), most=5).explanation

    assert found.why == "its words alone make filing sure: confidence 0.950: answers"
    assert [hit.entry_id for hit in found.hits] == ["filing", "fee"]

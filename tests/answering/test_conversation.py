"""Conversations over a small knowledge base in memory: what history may say, and what not."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.domain import Conversation, Hit, Language, OutcomeKind, Query, Ranking
from tests.fakes import FakeIndex, make_entry

# Shares of pairs of characters, brought to the size of an entry's score; what shares nothing is far below.
_SCALE, _FAR = 18.0, 4.0
ENTRIES = (
    make_entry("cost", "小程序认证要多少钱？", topic="fees", related=("yearly", "refund"), answer="三百元。"),
    make_entry("yearly", "认证每年都要续吗？", topic="fees", related=("cost",)),
    make_entry("refund", "没通过退钱吗？", topic="fees", related=("cost",)),
    make_entry("risks", "做普通小程序有哪些风险？", asked=("普通小程序有什么风险",), answer="类目不符。"),
    make_entry(
        "shop-risks", "做电商小程序有哪些风险？", asked=("电商小程序有什么风险",), answer="资金冻结。"
    ),
    make_entry("risks", "What are the risks?", language="en", answer="Wrong category."),
    make_entry("thanks", "谢谢", topic="smalltalk", answer="不客气！", related=("risks",)),
)


class ScaledIndex(FakeIndex):
    """Scores of the size that a real index gives."""

    def rank(self, query: Query) -> Ranking:
        found = super().rank(query)
        hits = tuple(Hit(hit.entry_id, hit.score * _SCALE - _FAR) for hit in found.hits)
        return Ranking(hits, found.confidence, found.is_exact)


@pytest.fixture
def converser():
    return Converser(Answerer(lambda: ScaledIndex(*ENTRIES)))


@pytest.fixture
def dialogue(converser):
    """The replies to questions that are asked one after the other."""

    def ask(*questions, language=None):
        talk, replies = Conversation(), []
        for question in questions:
            reply, talk = converser.reply(question, talk, language)
            replies.append(reply)
        return replies

    return ask


@pytest.fixture
def last(dialogue):
    """The entry that the last of several questions is answered with, if any."""
    return lambda *questions: getattr(dialogue(*questions)[-1].entry, "id", None)


def test_a_follow_up_is_understood_from_the_question_before(last):
    assert last("做普通小程序有哪些风险", "那电商的呢？") == "shop-risks"


def test_smalltalk_and_other_subjects_in_between_do_not_clear_the_context(last):
    assert last("做普通小程序有哪些风险", "谢谢", "今晚吃啥", "那电商的呢？") == "shop-risks"


def test_without_a_conversation_a_follow_up_is_answered_by_itself(last, converser):
    alone = Answerer(lambda: ScaledIndex(*ENTRIES)).answer("那电商的呢？")

    assert converser.reply("那电商的呢？", Conversation())[0] == alone


@pytest.mark.parametrize("question", ["小程序认证要多少钱", "没通过退钱吗", "谢谢", "普通小程序有什么风险"])
@pytest.mark.parametrize("before", ["做电商小程序有哪些风险", "认证每年都要续吗"])
def test_what_stands_alone_is_answered_as_if_nothing_had_been_said(dialogue, question, before):
    assert dialogue(before, question)[-1] == dialogue(question)[-1]


@pytest.mark.parametrize("question", ["明天下雨不", "写首诗", "股票呢", "and pizza?", "🙂"])
def test_what_is_off_the_subject_is_not_pulled_into_it(dialogue, question):
    assert not dialogue("做普通小程序有哪些风险", question)[-1].is_answered


@pytest.mark.parametrize("choice", ["2", "第二个", "最后一个", "the second one", "没通过退钱吗？"])
def test_an_offer_is_chosen_by_number_place_or_its_own_text(last, choice):
    assert last("小程序认证要多少钱", choice) == "refund"


def test_an_offer_counts_for_the_next_turn_only(dialogue):
    assert not dialogue("小程序认证要多少钱", "今晚吃啥", "2")[-1].is_answered


def test_a_number_without_an_offer_is_no_choice(dialogue):
    assert not dialogue("2")[-1].is_answered


@pytest.mark.parametrize("more", ["继续", "详细点", "tell me more", "为什么呢", "but why?"])
def test_more_is_said_about_the_last_answer(last, more):
    assert last("做普通小程序有哪些风险", more) == "risks"


def test_a_choice_is_what_the_next_question_goes_on_from(dialogue):
    assert dialogue("谢谢", "1", "那电商的呢")[-1].entry.id == "shop-risks"


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        ("做普通小程序有哪些风险", OutcomeKind.ANSWER),
        ("小程序认证要多少钱", OutcomeKind.CLARIFY),
        ("谢谢", OutcomeKind.ABSTAIN),
    ],
)
def test_what_says_nothing_by_itself_is_answered_or_asked_back_about_in_context(dialogue, before, outcome):
    assert dialogue(before, "电商行不行")[-1].outcome is outcome


@pytest.mark.parametrize("question", ["后者有什么风险", "第二种有哪些风险"])
def test_what_an_answered_question_compares_may_be_named_by_its_place(question):
    compared = make_entry("kinds", "普通小程序和电商小程序有什么不同？", topic="kinds")
    converser = Converser(Answerer(lambda: ScaledIndex(*ENTRIES, compared)))
    _, talk = converser.reply("普通小程序和电商小程序有什么不同", Conversation())

    reply, _ = converser.reply(question, talk)

    assert reply.entry.id == "shop-risks"


def test_a_change_of_subject_replaces_the_context(last):
    assert last("小程序认证要多少钱", "做普通小程序有哪些风险", "那电商的呢") == "shop-risks"


@pytest.fixture
def asked_last(converser):
    """What the next question after several goes on from."""

    def ask(*questions):
        talk = Conversation()
        for question in questions:
            _, talk = converser.reply(question, talk)
        return talk.question

    return ask


@pytest.mark.parametrize(
    ("questions", "goes_on_from"),
    [
        (["普通小程序有什么风险"], "普通小程序有什么风险"),
        (["做普通小程序有哪些风险", "那电商的呢？"], "做普通小程序有哪些风险"),
        (["做普通小程序有哪些风险", "那电商的呢？", "in English please"], "做普通小程序有哪些风险"),
        (["普通小程序有什么风险", "谢谢"], "普通小程序有什么风险"),
    ],
    ids=["asked", "gone on from", "told again", "thanked"],
)
def test_the_next_question_goes_on_from_the_last_that_stood_alone(asked_last, questions, goes_on_from):
    assert asked_last(*questions) == goes_on_from


def test_after_a_choice_the_next_question_goes_on_from_what_was_chosen(asked_last):
    assert asked_last("小程序认证要多少钱", "2") == "没通过退钱吗？"


def test_after_a_question_back_about_something_else_there_is_no_more_to_tell(last):
    assert last("做普通小程序有哪些风险", "小程序认证 钱", "继续") != "risks"


# Language


def test_what_was_answered_in_context_is_told_again_in_another_language(dialogue):
    reply = dialogue("做普通小程序有哪些风险", "那电商的呢？", "用繁體中文說")[-1]

    assert (reply.entry.id, reply.language) == ("shop-risks", Language.TRADITIONAL)


@pytest.mark.parametrize("language", Language)
def test_everything_is_looked_up_in_the_language_that_is_asked_for(language):
    heard = set()

    class Heard(ScaledIndex):
        def rank(self, query: Query) -> Ranking:
            heard.add(query.language)
            return super().rank(query)

    converser, talk = Converser(Answerer(lambda: Heard(*ENTRIES))), Conversation()
    for question in ("我们是日本公司", "有哪些风险", "那电商的呢？", "小程序认证 钱", "in what language?"):
        _, talk = converser.reply(question, talk, language)

    assert heard == {language}


@pytest.mark.parametrize(
    ("questions", "language"),
    [
        (["What are the risks?", "🙂"], Language.ENGLISH),
        (["小程序認證要多少錢", "2"], Language.TRADITIONAL),
        (["小程序認證要多少錢", "🙂"], Language.TRADITIONAL),
        (["小程序認證要多少錢", "要多久"], Language.TRADITIONAL),
        (["小程序認證要多少錢", "没通过退钱吗"], Language.SIMPLIFIED),
        (["小程序认证要多少钱", "What are the risks?"], Language.ENGLISH),
        (["What are the risks?", "那电商的呢"], Language.SIMPLIFIED),
        (["What are the risks?", "要多久"], Language.SIMPLIFIED),
        (["小程序認證要多少錢", "What are the risks?"], Language.ENGLISH),
    ],
)
def test_the_reply_is_in_the_language_of_the_question_or_of_the_last_one(dialogue, questions, language):
    assert dialogue(*questions)[-1].language is language


def test_a_language_that_is_asked_for_goes_before_every_other(dialogue):
    replies = dialogue("小程序认证要多少钱", "2", language=Language.TRADITIONAL)

    assert {reply.language for reply in replies} == {Language.TRADITIONAL}


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("in English please", Language.ENGLISH),
        ("用繁體中文說", Language.TRADITIONAL),
        ("请说中文", Language.SIMPLIFIED),
        ("can you say it in Chinese?", Language.SIMPLIFIED),
    ],
)
def test_the_last_answer_is_given_again_in_another_language(dialogue, wish, language):
    reply = dialogue("做普通小程序有哪些风险", "谢谢", wish)[-1]

    assert (reply.entry.id, reply.language) == ("risks", language)


def test_what_was_asked_back_about_is_asked_back_in_another_language(dialogue):
    before, reply = dialogue("小程序认证 钱", "in English please")

    assert before.outcome is reply.outcome is OutcomeKind.CLARIFY
    assert reply.language is Language.ENGLISH
    assert [offer.id for offer in reply.suggestions] == [offer.id for offer in before.suggestions]


def test_a_language_is_not_asked_for_by_a_question_about_it(dialogue):
    assert not dialogue("做普通小程序有哪些风险", "英文名字怎么起")[-1].is_answered

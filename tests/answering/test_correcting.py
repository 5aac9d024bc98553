"""Being put right: what is meant instead, and that no offer is meant."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.correcting import complains, corrected, refuses
from bot.answering.normalising import normalise
from bot.domain import Conversation, Language, OutcomeKind
from tests.answering.test_conversation import ENTRIES, ScaledIndex


@pytest.mark.parametrize(
    ("said", "asked", "meant"),
    [
        ("不是茶叶，是茶具", "卖茶叶要什么证", "卖茶具要什么证"),
        ("不对，我说的是改名", "图标怎么换", "那改名呢"),
        ("不是，我想问要几天", "图标怎么换", "几天"),
        ("都不是，我问的是谁来发货", "图标怎么换", "谁来发货"),
        ("你答非所问，我要问的是改名", "图标怎么换", "那改名呢"),
        ("that's not what I asked, I meant the icon", "how do I rename it", "what about the icon"),
        ("not tea, I mean coffee", "which permit for tea", "which permit for coffee"),
        ("no, I meant the icon", "how do I rename it", "what about the icon"),
        ("none of those, I want to know about stickers", "payment", "what about stickers"),
    ],
)
def test_what_is_meant_takes_the_place_of_what_is_not(said, asked, meant):
    assert corrected(said, asked) == meant


@pytest.mark.parametrize(
    "said",
    [
        "图标怎么换",
        "我不是公司，我是个人，能开店吗",
        "没有执照，能开吗",
        "是不是要先备案，再认证",
        "No licence, can I still sell tea?",
        "I am not a company, what now?",
    ],
)
def test_any_other_question_is_left_as_it_is(said):
    assert corrected(said, "卖茶叶要什么证") == said


@pytest.mark.parametrize(
    "said",
    [
        "都不是",
        "都不对",
        "以上都不是",
        "這些都不是",
        "没有我要的",
        "不是我想问的",
        "都不是我要的",
        "None of these.",
        "neither",
        "none of the above",
    ],
)
def test_offers_are_refused(said):
    assert refuses(normalise(said).key)


@pytest.mark.parametrize("said", ["不是", "没有", "no", "都要", "都不收费吗", "none of these cost anything?"])
def test_what_may_mean_something_else_refuses_nothing(said):
    assert not refuses(normalise(said).key)


@pytest.fixture
def dialogue():
    converser = Converser(Answerer(lambda: ScaledIndex(*ENTRIES)))

    def ask(*questions):
        talk, replies = Conversation(), []
        for question in questions:
            reply, talk = converser.reply(question, talk)
            replies.append(reply)
        return replies

    return ask


def test_a_refusal_is_met_with_what_was_not_offered_yet(dialogue):
    first, second = dialogue("做普通小程序有哪些风险", "都不是")

    refused = {first.entry.id, *(offer.id for offer in first.suggestions)}
    offered = {offer.id for offer in second.suggestions}
    assert second.outcome is OutcomeKind.CLARIFY or not second.is_answered
    assert not offered & refused


def test_who_refuses_everything_is_told_that_nothing_is_known(dialogue):
    replies = dialogue("小程序认证要多少钱", *["都不是"] * 4)

    assert not any(reply.is_answered for reply in replies[1:])
    assert replies[-1].text


def test_without_an_offer_there_is_nothing_to_refuse(dialogue):
    assert dialogue("都不是")[0].outcome is OutcomeKind.ABSTAIN


def test_the_question_before_is_asked_again_with_the_right_word(dialogue):
    assert dialogue("做普通小程序有哪些风险", "不是普通，是电商")[-1].entry.id == "shop-risks"


def test_a_correction_is_answered_in_its_own_script(dialogue):
    reply = dialogue("做普通小程序有哪些風險", "不對，不是普通，是電商")[-1]

    assert reply.language is Language.TRADITIONAL


@pytest.mark.parametrize(
    "said",
    ["答非所问啊", "你没回答我的问题", "我说的不是这个", "這不是我想問的", "That is not what I meant!"],
)
def test_an_answer_to_something_else_is_complained_of(said):
    assert complains(normalise(said).text)


@pytest.mark.parametrize("said", ["资料填错了怎么办", "没有回答会怎样", "is that not what I need?", "不是"])
def test_what_asks_or_says_something_else_is_no_complaint(said):
    assert not complains(normalise(said).text)


def test_after_a_complaint_something_else_than_the_answer_is_offered(dialogue):
    answered, other = dialogue("普通小程序的风险有哪些", "你这是答非所问吧")

    assert answered.entry.id == "risks"
    assert other.outcome is OutcomeKind.CLARIFY
    assert other.suggestions and "risks" not in {choice.id for choice in other.suggestions}


def test_without_an_answer_there_is_nothing_to_complain_of(dialogue):
    assert dialogue("答非所问")[-1].outcome is OutcomeKind.ABSTAIN

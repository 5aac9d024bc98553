"""What customers say of themselves: what counts as it, and what it does to the questions after it."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.introducing import introduction, with_introduction
from bot.answering.normalising import normalise
from bot.domain import Conversation, OutcomeKind
from tests.answering.test_conversation import ScaledIndex
from tests.fakes import make_entry

ENTRIES = (
    make_entry("filing", "小程序要备案吗？", asked=("要不要备案呀",), answer="要。"),
    make_entry(
        "filing-abroad",
        "日本公司的小程序要备案吗？",
        asked=("我们是日本公司，要不要备案", "我们是日本公司吗"),
        answer="不用。",
    ),
    make_entry("fee", "认证要多少钱？", topic="fees"),
    make_entry("thanks", "谢谢", topic="smalltalk", answer="不客气！"),
)


@pytest.fixture
def replies():
    """The replies to messages of one conversation."""
    converser = Converser(Answerer(lambda: ScaledIndex(*ENTRIES)))

    def say(*messages):
        talk, said = Conversation(), []
        for message in messages:
            reply, talk = converser.reply(message, talk)
            said.append(reply)
        return said

    return say


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("我们是日本公司", "我们是日本公司"),
        ("你好，我们家开了一间书店，要什么证？", "你好,我们家开了一间书店"),
        ("我想卖二手相机", "我想卖二手相机"),
        ("我是木匠，打算卖家具，要几天？", "我是木匠,打算卖家具"),
        ("我是木匠，家具怎么卖", "我是木匠"),
        ("I'm a carpenter, I want to sell chairs. How?", "i'm a carpenter, i want to sell chairs"),
        ("我妹妹在乡下养鸡，她要什么证", "我妹妹在乡下养鸡"),
        ("My brother grows tea, is that food?", "my brother grows tea"),
        ("我們在台中賣鳳梨酥", "我们在台中卖凤梨酥"),
        ("We run a small guest house. What do we need?", "we run a small guest house"),
        ("I'm a photographer", "i'm a photographer"),
        ("We are an Italian winery", "we are an italian winery"),
        ("My wife has two hair salons. Which type?", "my wife has two hair salons"),
    ],
)
def test_who_asks_is_heard(message, said):
    assert introduction(normalise(message)) == said


@pytest.mark.parametrize(
    "message",
    [
        "备案要多久",
        "我想问一下费用",
        "我要做哪种小程序",
        "我是不是要备案",
        "我有点不明白",
        "I am wondering about the fees",
        "can we pay later",
        "谢谢",
        "",
    ],
)
def test_a_question_says_nothing_of_who_asks(message):
    assert introduction(normalise(message)) == ""


@pytest.mark.parametrize(("words", "is_heard"), [(1, False), (2, True), (22, True), (23, False)])
def test_who_asks_is_heard_in_few_words_but_not_in_one_or_a_story(words, is_heard):
    said = ("我卖" + "茶和酒及糖与米" * 4)[: 2 + words]

    assert introduction(normalise(said)) == (said if is_heard else "")


def test_introduction_and_question_make_one_message():
    assert with_introduction("我们是日本公司", "要备案吗") == "我们是日本公司，要备案吗"
    assert with_introduction("we are from Japan", "which papers") == "we are from Japan, which papers"


def test_a_short_question_is_answered_for_who_introduced_themselves(replies):
    assert replies("要不要备案")[-1].entry.id == "filing"
    assert replies("我们是日本公司", "要不要备案")[-1].entry.id == "filing-abroad"


def test_the_introduction_goes_on_counting(replies):
    said = replies("我们是日本公司", "认证要多少钱", "谢谢", "要不要备案")

    assert [reply.entry.id for reply in said[1:]] == ["fee", "thanks", "filing-abroad"]


def test_who_only_introduces_themselves_is_asked_what_they_want_to_know(replies):
    reply = replies("我们开在日本公司楼下")[-1]

    assert reply.outcome is OutcomeKind.CLARIFY
    assert [offered.id for offered in reply.suggestions] == ["filing-abroad", "filing", "fee"]

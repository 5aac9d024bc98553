"""A version that takes over in the middle of a request has no part in its reply."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.explaining import Asked, explain
from bot.channels.wechat.reception import Reception
from bot.domain import Conversation
from bot.wechat.messages import parse_push
from tests.answering.test_conversation import ENTRIES, ScaledIndex
from tests.channels.wechat.chat import event, fields, written
from tests.channels.wechat.conftest import OFFICIAL

ABOUT_RISKS = Conversation(question="做普通小程序有哪些风险？", entries=("risks",))
GREETING = replace(ENTRIES[-1], id="smalltalk-greeting", question="你好")


@pytest.fixture
def answerer() -> Answerer:
    """Whoever asks for the live version gets another one than whoever asked before."""
    numbers = count(1)

    def swapped():
        version = f"version{next(numbers)}"
        entries = (replace(entry, answer=f"{entry.answer} {version}") for entry in (*ENTRIES, GREETING))
        index = ScaledIndex(*entries, version=version)
        index.answer_threshold = 0.4 if version == "version1" else 0.6
        return index

    return Answerer(swapped)


@pytest.mark.parametrize("question", ["做电商小程序有哪些风险？", "那电商的呢？", "谢谢", "第一个", "继续"])
@pytest.mark.parametrize("talk", [Conversation(), ABOUT_RISKS, replace(ABOUT_RISKS, choices=("cost",))])
def test_the_reply_in_a_conversation_is_of_the_version_it_names(answerer, question, talk):
    reply, _ = Converser(answerer).reply(question, talk)

    assert reply.index_version == "version1"
    assert reply.entry is None or "version1" in reply.text


def test_the_reply_to_a_single_question_is_of_the_version_it_names(answerer):
    reply = answerer.answer("做电商小程序有哪些风险？")

    assert (reply.index_version, "version1" in reply.text) == ("version1", True)


def test_an_explanation_is_of_the_version_it_names(answerer):
    explanation = explain(answerer, Asked("小程序认证要多少钱"), most=3).explanation

    assert (explanation.index_version, explanation.answer_threshold) == ("version1", 0.4)


@pytest.mark.parametrize(
    "values",
    [fields(Content="那电商的呢？"), fields(Content="谢谢"), event("subscribe")],
    ids=["question", "thanks", "subscribed"],
)
def test_what_a_push_comes_to_is_of_one_version(answerer, values):
    turn = Reception(answerer, OFFICIAL).receive(parse_push(written(values)), ABOUT_RISKS, 0.0)

    assert "version1" in turn.spoken.text
    assert {asked.index_version for asked in turn.asked} <= {"version1"}

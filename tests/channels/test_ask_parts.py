"""``/ask`` names every entry whose sentences it shows, asked to the real model."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.model
TWO = [
    ("备案要多久？开发商城要多少钱？", "zh-Hans"),
    ("備案要多久？開發商城要多少錢？", "zh-Hant"),
    ("How long does filing take and what does building a shop cost?", "en"),
]


def ask(client, question: str) -> dict:
    return client.post("/ask", json={"question": question}).json


@pytest.mark.parametrize(("question", "language"), TWO)
def test_two_questions_get_both_answers(client, question, language):
    reply = ask(client, question)

    assert (reply["outcome"], reply["language"]) == ("answer", language)
    assert [part["id"] for part in reply["parts"]] == ["filing-time", "shop-cost"]
    assert reply["entry"] == reply["parts"][0]
    assert reply["answer"].startswith("**")


def test_an_entry_is_followed_by_the_short_answer_that_it_includes(client):
    reply = ask(client, "卖食品要什么证？")

    assert [part["id"] for part in reply["parts"]] == ["licence-food", "filing-time"]
    assert "**备案时间**\n\n一般要一到二十个工作日，各地进度不同。" in reply["answer"]


def test_the_unknown_one_of_two_questions_is_named(client):
    reply = ask(client, "How long does filing take? Which team will win the chess olympiad?")

    assert [part["id"] for part in reply["parts"]] == ["filing-time"]
    assert "As for “Which team will win the chess olympiad?”" in reply["answer"]


@pytest.mark.parametrize("question", ["小程序是什么", "I want to open a bakery. How long does filing take?"])
def test_one_question_has_one_part(client, question):
    assert len(ask(client, question)["parts"]) == 1


def test_a_refusal_has_none(client):
    assert ask(client, "Which team will win the chess olympiad?")["parts"] == []

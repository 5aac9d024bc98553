"""``explain`` says why a question gets its reply, and is right about it: ``/ask`` gives the same."""

from __future__ import annotations

import json
import re

import pytest

from bot.retrieval.decision import SIGNALS

QUESTIONS = (
    "小程序备案要多久？",
    "备案时间",
    "我想给小程序备案，大概几天能下来",
    "小程序備案需要多長時間呢",
    "how long will the filing of my mini program take me",
    "food licence for a mini program",
    "卖吃的需要什么证",
    "賣食品的小程式要什麼許可證",
    "小程序是什么东西",
    "what is a mini program anyway",
    "备案要多久？卖食品要什么证？",
    "谢谢你啊",
    "你好",
    "thanks a lot",
    "人工客服在吗",
    "今晚吃什么好",
    "Which team will win the chess olympiad?",
    "许可证",
    "licence",
    "?!…",
    "xiaochengxu beian yao duojiu",
)


@pytest.fixture
def explained(cli):
    def run(question: str, *options: str) -> dict:
        result = cli("explain", question, "--json", *options)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


@pytest.mark.model
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_explanation_is_of_the_very_reply_that_ask_gives(client, explained, question):
    asked = client.post("/ask", json={"question": question}).get_json()
    found = explained(question)

    assert (found["outcome"], found["language"]) == (asked["outcome"], asked["language"])
    assert found["entry"] == (asked["entry"]["id"] if asked["entry"] else None)
    assert round(found["confidence"], 4) == asked["confidence"]
    assert found["index_version"] == asked["index_version"]


@pytest.mark.model
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_sentence_and_the_thresholds_agree_with_the_outcome(explained, question):
    found = explained(question)
    confidence, answer, clarify = (
        found[name] for name in ("confidence", "answer_threshold", "clarify_threshold")
    )

    deeds = {
        "answer": "answers",
        "smalltalk": "answers, as smalltalk",
        "handoff": "hands over to a human",
        "clarify": "asks back",
        "abstain": "abstains",
    }
    assert found["why"].endswith(f": {deeds[found['outcome']]}")
    assert (confidence >= answer) == (found["entry"] is not None)
    if found["outcome"] == "clarify":
        assert clarify <= confidence < answer


@pytest.mark.model
def test_a_searched_question_shows_what_each_entrys_score_is_made_of(explained):
    found = explained("我想给小程序备案，大概几天能下来")
    best, *others = found["hits"]

    assert best["entry_id"] == "filing-time" == found["entry"]
    assert 1 <= len(others) <= 4
    assert all(best["score"] >= hit["score"] for hit in others)
    assert list(found["signals"]) == list(SIGNALS)
    assert found["signals"]["best score"] == pytest.approx(best["score"])
    assert found["signals"]["best phrasing"] >= best["closeness"]["phrasing"] - 1e-6
    assert -1 <= best["closeness"]["passage"] <= 1
    assert 0 < best["closeness"]["lexical"] <= 1


@pytest.mark.model
def test_a_phrasing_met_exactly_is_said_to_be(cli):
    shown = cli("explain", "小程序备案要多久？").stdout

    assert re.search(r"^normalised +小程序备案要多久\?$", shown, re.MULTILINE)
    assert re.search(r"^exact match +yes$", shown, re.MULTILINE)
    assert re.search(r"^why +a phrasing of filing-time, word for word: answers$", shown, re.MULTILINE)


@pytest.mark.model
def test_the_page_shows_table_signals_and_version(cli, explained):
    shown = cli("explain", "我想给小程序备案，大概几天能下来").stdout
    found = explained("我想给小程序备案，大概几天能下来")

    assert re.search(r"^ +score +vector +passage +lexical +classifier$", shown, re.MULTILINE)
    assert re.search(rf"^filing-time +{found['hits'][0]['score']:.3f} ", shown, re.MULTILINE)
    assert [name for name in SIGNALS if not re.search(rf"^  {name} +-?\d", shown, re.MULTILINE)] == []
    assert shown.rstrip().endswith(found["index_version"])


@pytest.mark.model
def test_another_reading_is_named(explained):
    found = explained("xiaochengxu beian yao duojiu")

    assert found["normalised"] == "xiaochengxu beian yao duojiu"
    assert found["read_as"] == "小程序备案要多久"


@pytest.mark.model
def test_a_language_may_be_asked_for(explained):
    found = explained("小程序备案要多久？", "--language", "en")

    assert (found["language"], found["detected_language"], found["entry"]) == ("en", "zh-Hans", "filing-time")


def test_without_an_index_the_remedy_is_named(fresh_cli):
    result = fresh_cli("explain", "hi")

    assert result.exit_code == 1
    assert "flask --app wsgi index build" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.model
def test_what_was_asked_before_may_be_given(cli, explained):
    found = explained("1", "--after", "小程序备案要多久？")
    shown = cli("explain", "1", "--after", "小程序备案要多久？").stdout

    assert (found["entry"], found["goes_on_from"]) == ("what-is", "小程序备案要多久?")
    assert re.search(r"^goes on from 小程序备案要多久\?$", shown, re.MULTILINE)
    assert re.search(r"^why +what was offered or said before is meant: answers$", shown, re.MULTILINE)

"""Evaluating dialogues: asked in order, each in a conversation of its own."""

from __future__ import annotations

import json

import pytest

from bot.domain import Conversation, Language, OutcomeKind, Reply
from bot.evaluation import Dialogue, Labelled, play, read_labelled


def test_a_dialogue_is_asked_in_order_in_a_new_conversation():
    seen = []

    def reply(question, talk):
        seen.append((question, talk.question))
        answer = Reply(OutcomeKind.ABSTAIN, "words", Language.ENGLISH, 0.0)
        return answer, Conversation(question=question)

    dialogue = Dialogue("d", (Labelled("one", ()), Labelled("two", ("a",))))
    played = [play(dialogue, reply) for _ in range(2)]

    assert seen == [("one", ""), ("two", "one")] * 2
    assert [turn.is_right for turn in played[0].turns] == [True, False]
    assert not played[0].is_right


def test_questions_and_dialogues_may_stand_in_one_file(tmp_path):
    turns = [{"question": "one", "expected": "a"}, {"question": "two", "expected": None}]
    lines = [{"question": "hi", "expected": "any"}, {"id": "d", "turns": turns}]
    file = tmp_path / "mixed.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))

    assert read_labelled(file) == [
        Labelled("hi", (), any_text=True),
        Dialogue("d", (Labelled("one", ("a",)), Labelled("two", ()))),
    ]


@pytest.mark.model
def test_shares_of_dialogues_and_turns_are_printed_with_the_turn_that_failed(cli, tmp_path):
    asked = {"question": "小程序备案要多久？", "expected": "filing-time"}
    dialogues = [
        {"id": "right", "turns": [asked, {"question": "谢谢", "expected": "thanks"}]},
        {"id": "wrong", "turns": [asked, {"question": "谢谢", "expected": "filing-time"}]},
    ]
    file = tmp_path / "dialogues.jsonl"
    file.write_text("\n".join(map(json.dumps, dialogues)))

    output = cli("evaluate", file).stdout

    assert "whole dialogues right: 1 of 2 (50.0%)" in output
    assert "turns right: 3 of 4 (75.0%)" in output
    assert "wrong, turn 2: 谢谢" in output

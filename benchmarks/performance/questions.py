"""What is asked: held-out questions of our own, exact phrasings, and the same as WeChat's signed pushes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.performance.http_client import post, post_json
from benchmarks.server import PROJECT
from benchmarks.wechat_pushes import KINDS, delivered, written
from bot.answering.normalising import normalise
from bot.domain import Entry

USERS = 200
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Question:
    """A question and the entries that answer it: an id, several of which any is right, or None."""

    text: str
    expected: Any


def held_out(entries: Sequence[Entry]) -> list[Question]:
    """The quality set, without what is a phrasing word for word, which needs no embedding."""
    known = {normalise(text).key for entry in entries for text in entry.questions}
    lines = (PROJECT / "benchmarks" / "quality" / "questions.jsonl").read_text("utf-8").splitlines()
    labelled = map(json.loads, lines)
    asked = [Question(each["question"], each["expected"]) for each in labelled]
    return [question for question in asked if normalise(question.text).key not in known]


def exact(entries: Sequence[Entry], count: int) -> list[str]:
    """Canonical questions: what the bot answers without a model."""
    return [entry.question for entry in entries][:count]


def ask(question: str) -> bytes:
    """``POST /ask`` over the wire."""
    return post_json("/ask", {"question": question})


def ask_in(session: str, question: str) -> bytes:
    """The same within a conversation."""
    return post_json("/ask", {"question": question, "session_id": session})


def push(question: str) -> bytes:
    """A signed push in plain mode, from one of some users, that was not delivered before."""
    number = next(_numbers)
    kind = KINDS[0] | {"Content": question, "FromUserName": f"oBenchmark{number % USERS:06}"}
    delivery = delivered("plain", written(kind, number, as_json=False), number, as_json=False)
    return post(f"/wechat/official?{delivery.query}", delivery.body, "text/xml")


def pushes(questions: Sequence[str], count: int) -> Iterator[bytes]:
    """So many of them."""
    return map(push, itertools.islice(itertools.cycle(questions), count))

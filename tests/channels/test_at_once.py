"""Which requests are answered from memory: questions that were answered before in an entry's own words."""

from __future__ import annotations

import json
import socket

import pytest

from bot.answering.known_replies import RememberingAnswerer
from bot.arrivals import look_at
from bot.channels.at_once import answered_at_once
from tests.fakes import FakeIndex, make_entry

INDEX = FakeIndex(make_entry("filing", "备案要多久"))
KNOWN = {"question": "备案要多久"}


def sent(fields=KNOWN, head="POST /ask", headers="", cut=0, more=b""):
    """What the poller sees of a request."""
    body = json.dumps(fields).encode() if isinstance(fields, dict) else fields
    request = f"{head} HTTP/1.1\r\nHost: bot\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(request[: len(request) - cut] + more)
        return look_at(ours)


@pytest.fixture
def answerer():
    answerer = RememberingAnswerer(lambda: INDEX)
    answerer.answer("备案要多久")
    return answerer


def test_what_was_answered_before_is(answerer):
    assert answered_at_once(answerer)(sent())
    assert answered_at_once(answerer)(sent(KNOWN | {"language": "auto"}))


def test_before_anything_was_asked_no_index_is_loaded_to_find_out():
    def load():
        raise AssertionError("the poller would wait for this")

    assert not answered_at_once(RememberingAnswerer(load))(sent())


def test_what_another_version_answered_is_not(answerer):
    answerer._live_index = lambda: FakeIndex(make_entry("filing", "备案要多久"))

    assert not answered_at_once(answerer)(sent())


@pytest.mark.parametrize(
    "request_",
    [
        {"fields": {"question": "备案大概多久"}},
        {"fields": KNOWN | {"session_id": "s-1"}},
        {"fields": KNOWN | {"language": "en"}},
        {"fields": {"question": ""}},
        {"fields": b"no JSON"},
        {"fields": b""},
        {"head": "POST /feedback"},
        {"head": "POST /wechat/official"},
        {"headers": "Authorization: Bearer key\r\n"},
        {"headers": "AUTHORIZATION:Bearer key\r\n"},
        {"headers": "Expect: 100-continue\r\n"},
        {"headers": "Transfer-Encoding: chunked\r\n"},
        {"cut": 1},
        {"more": b"POST"},
    ],
)
def test_what_may_have_to_wait_for_anything_is_left_to_a_thread(answerer, request_):
    assert not answered_at_once(answerer)(sent(**request_))

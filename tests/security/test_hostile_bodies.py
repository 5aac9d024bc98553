"""Bodies that are meant to cost much or to be read as something else."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from flask import Flask

from bot.admin.blueprint import admin_blueprint
from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.feedback import feedback_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.problems import register_problems
from bot.channels.sessions import Sessions
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.blueprint import Desk, wechat_blueprint
from bot.wechat.replies import SUCCESS
from tests.fakes import DirectLog, FakeIndex, make_entry
from tests.wechat.fakes import PLAIN, SAFE, encrypted, signed_query, xml, xml_text

INDEX = FakeIndex(make_entry("filing", "备案要多久"))
DEEP = {
    "a list in a list": "[" * 20_000,
    "an object in an object": '{"question":' * 5_000,
    "in a field": '{"question": "hi", "x": ' + "[" * 20_000 + "]" * 20_000 + "}",
    "a number without end": '{"question": ' + "9" * 60_000 + "}",
}
BOMBS = {
    "entities": '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
    "a file of the server": '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;">]>',
    "another server": '<!DOCTYPE xml SYSTEM "http://192.0.2.1/x.dtd">',
}


class NothingKept:
    def __init__(self):
        self.settlements = []

    def settled(self, _key):
        return None

    def conversation(self, *_whose):
        from bot.domain import Conversation

        return Conversation()

    def settle(self, _key, settlement):
        self.settlements.append(settlement)
        return settlement.said


@pytest.fixture
def inbox():
    return NothingKept()


@pytest.fixture
def http(inbox):
    """Questions, feedback, the operator's API, and an account in plain and one in safe mode."""
    app = Flask("bot", static_folder=None)
    register_problems(app)
    answerer = Answerer(lambda: INDEX)

    def no_store():
        raise AssertionError("nothing of this reaches a store")

    sessions = Sessions(no_store, LateTurns(no_store, lambda: 0.0))
    app.register_blueprint(ask_blueprint(answerer, sessions, DirectLog(), lambda: 0.0))
    app.register_blueprint(feedback_blueprint(no_store, lambda _: None))
    app.register_blueprint(admin_blueprint("k" * 32, no_store, lambda *_: None))
    plain = Account("plain", AccountKind.OFFICIAL, PLAIN)
    accounts = [plain, replace(plain, name="safe", credentials=SAFE)]
    app.register_blueprint(wechat_blueprint([Desk(each, answerer, inbox, lambda: 0.0) for each in accounts]))
    return app.test_client()


@pytest.mark.parametrize("path", ["/ask", "/feedback"])
@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_json_that_goes_too_deep_is_a_bad_request(http, path, body):
    response = http.post(path, data=body, content_type="application/json")

    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_a_push_that_goes_too_deep_is_unusable(http, inbox, body):
    response = http.post("/wechat/official/plain", query_string=signed_query(), data=body)

    assert (response.status_code, response.text) == (200, SUCCESS.body)
    assert [said for settlement in inbox.settlements for said in settlement.asked] == []


def test_what_is_packed_is_not_unpacked(http):
    """Nothing here asks for packed bodies: 10 MB of zeros stay the 10 kB that arrived."""
    bomb, packed = gzip.compress(b"0" * 10_000_000), {"Content-Encoding": "gzip"}
    asked = http.post("/ask", data=bomb, headers=packed, content_type="application/json")
    pushed = http.post("/wechat/official/plain", query_string=signed_query(), data=bomb, headers=packed)

    assert asked.status_code == 400
    assert (pushed.status_code, pushed.text) == (200, SUCCESS.body)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_what_a_push_declares_is_not_looked_up(http, inbox, bomb):
    body = bomb.encode() + xml("<Content>&b;</Content><MsgId>1</MsgId>")
    answers = [
        http.post("/wechat/official/plain", query_string=signed_query(), data=body),
        http.post("/wechat/official/safe", query_string=encrypted(body)[0], data=encrypted(body)[1]),
    ]

    assert {(answer.status_code, answer.text) for answer in answers} <= {
        (200, "success"),
        (403, "not authentic\n"),
    }
    assert inbox.settlements == []


def test_a_push_that_is_sent_again_is_the_same_push(http, inbox):
    """By its key it takes effect once: tests/channels/wechat."""
    from bot.wechat.messages import delivery_key, parse_push

    first, second = (parse_push(xml_text()) for _ in range(2))

    assert delivery_key("a", first) == delivery_key("a", second) != delivery_key("b", first)


def test_the_key_is_asked_for_before_a_body_is_read(http):
    for body in (*DEEP.values(), "x" * 60_000):
        assert http.post("/admin/index/rebuild", data=body).status_code == 401

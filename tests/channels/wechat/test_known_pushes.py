"""Which pushes are taken together: what was answered before in an entry's own words."""

from __future__ import annotations

import pytest

from bot.answering.known_replies import RememberingAnswerer
from bot.arrivals import Arrival
from bot.channels.wechat.known_pushes import answered_together
from bot.domain import Language
from tests.fakes import FakeIndex, make_entry

INDEX = FakeIndex(make_entry("filing", "备案要多久"))
KNOWN = "<Content><![CDATA[备案要多久]]></Content>"


def pushed(content=KNOWN, path="/wechat/official?nonce=1", **other):
    """What the poller sees of a push."""
    body = f"<xml><MsgType><![CDATA[text]]></MsgType>{content}</xml>".encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bot\r\n\r\n".encode()
    size = len(head) + len(body)
    return Arrival(**{"arrived": size, "wanted": size, "head": head, "body": body, "is_whole": True} | other)


@pytest.fixture
def is_together():
    answerer = RememberingAnswerer(lambda: INDEX)
    answerer.answer("备案要多久", Language.SIMPLIFIED)
    return answered_together(answerer)


@pytest.mark.parametrize("path", ["/wechat/official", "/wechat/official/brand?nonce=1"])
def test_what_was_answered_before_is(is_together, path):
    assert is_together(pushed(path=path))


def test_before_anything_was_asked_no_index_is_loaded_to_find_out():
    def load():
        raise AssertionError("the poller would wait for this")

    assert not answered_together(RememberingAnswerer(load))(pushed())


@pytest.mark.parametrize(
    "push",
    [
        {"content": "<Content><![CDATA[备案大概多久]]></Content>"},
        {"content": "<Event><![CDATA[subscribe]]></Event>"},
        {"content": "<Encrypt><![CDATA[AAAA]]></Encrypt>"},
        {"path": "/wechat/mini"},
        {"path": "/ask"},
        {"is_whole": False},
        {"arrived": 10_000},
    ],
)
def test_what_may_need_the_model_or_more_of_the_store_is_left_to_threads(is_together, push):
    assert not is_together(pushed(**push))

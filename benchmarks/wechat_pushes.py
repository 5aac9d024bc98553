"""Pushes as WeChat makes them, and a channel to take them whose answering costs nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient

from bot.answering.answerer import Answerer
from bot.channels.problems import register_problems
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.blueprint import Desk, wechat_blueprint
from bot.domain import Conversation, Entry, Language, Query, Ranking, Said, Settlement, Source
from bot.wechat.credentials import Credentials, Mode
from bot.wechat.replies import cdata
from bot.wechat.signature import signature

TOKEN, APP_ID, AES_KEY = "benchmarktoken", "wxbenchmark000001", "k" * 42 + "A"
SAFE = Credentials(APP_ID, TOKEN, Mode.SAFE, AES_KEY)
PLAIN = Credentials(APP_ID, TOKEN, Mode.PLAIN)
ACCOUNTS = {
    "safe": Account("safe", AccountKind.OFFICIAL, SAFE),
    "plain": Account("plain", AccountKind.OFFICIAL, PLAIN),
}
_HEAD = {"ToUserName": "gh_benchmark", "FromUserName": "oBenchmarkUser", "CreateTime": "1760000000"}
KINDS: tuple[dict[str, str], ...] = (
    {"MsgType": "text", "Content": "普通小程序和电商小程序有什么区别"},
    {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": "备案要多久"},
    {"MsgType": "image", "PicUrl": "http://mmbiz.example/p", "MediaId": "m"},
    {"MsgType": "location", "Location_X": "31.2", "Location_Y": "121.4", "Scale": "16", "Label": "上海"},
    {"MsgType": "link", "Title": "t", "Description": "d", "Url": "https://example.com"},
    {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_shop", "Ticket": "t"},
    {"MsgType": "event", "Event": "CLICK", "EventKey": "MENU_1"},
    {"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": "from=detail"},
)


class NothingKnown:
    """An index without entries: every question is out of scope."""

    version, digest, model = "none", "none", "none"
    answer_threshold, clarify_threshold = 0.6, 0.4
    sources: Mapping[str, Source] = {}

    def rank(self, _query: Query) -> Ranking:
        """No hits."""
        return Ranking((), 0.0)

    def is_phrasing(self, _query: Query) -> bool:
        """None is."""
        return False

    def entry(self, _entry_id: str, _language: Language) -> Entry | None:
        """No entry."""
        return None


class NothingKept:
    """An inbox that forgets at once."""

    def settled(self, _key: str) -> Said | None:
        """Nothing was settled before."""
        return None

    def arrived(self, _key: str, _channel: str, _openid: str, _max_age: float) -> Said | Conversation:
        """A new one."""
        return Conversation()

    def settle(self, _key: str, settlement: Settlement) -> Said:
        """The reply at hand."""
        return settlement.said


def channel() -> FlaskClient:
    """Both accounts behind Flask's test client."""
    app = Flask("benchmark", static_folder=None)
    register_problems(app)
    desk = partial(Desk, answerer=Answerer(NothingKnown), inbox=NothingKept(), clock=time.time)
    app.register_blueprint(wechat_blueprint([desk(account) for account in ACCOUNTS.values()]))
    return app.test_client()


@dataclass(frozen=True)
class Delivery:
    """One request: which account, the query string, and the body."""

    account: str
    query: str
    body: bytes

    @property
    def address(self) -> str:
        """Where it is posted."""
        return f"/wechat/official/{self.account}?{self.query}"


def written(kind: Mapping[str, str], number: int, *, as_json: bool) -> bytes:
    """The body of a push before it is encrypted."""
    fields = _HEAD | {"MsgId": str(10**16 + number)} | kind
    if as_json:
        return json.dumps(fields, ensure_ascii=False).encode()
    return ("<xml>" + "".join(f"<{k}>{cdata(v)}</{k}>" for k, v in fields.items()) + "</xml>").encode()


def delivered(account: str, body: bytes, number: int, *, as_json: bool) -> Delivery:
    """A body as WeChat delivers it: signed, and encrypted for the safe account."""
    timestamp, nonce = str(1_760_000_000 + number), f"nonce{number}"
    query = {
        "signature": signature(TOKEN, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
    }
    crypto = ACCOUNTS[account].credentials.crypto
    if crypto is not None:
        sealed = crypto.encrypt(body, int(timestamp), nonce)
        query |= {"encrypt_type": "aes", "msg_signature": sealed.msg_signature}
        outer = {"ToUserName": _HEAD["ToUserName"], "Encrypt": sealed.encrypt}
        body = (
            json.dumps(outer).encode()
            if as_json
            else ("<xml>" + "".join(f"<{k}>{cdata(v)}</{k}>" for k, v in outer.items()) + "</xml>").encode()
        )
    return Delivery(account, urlencode(query), body)

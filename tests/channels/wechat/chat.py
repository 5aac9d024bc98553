"""A user who chats with the bot through a WeChat that signs, encrypts, and reads replies strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from xml.etree.ElementTree import fromstring

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.channels.wechat.accounts import Account, AccountKind
from bot.store.outbox import Outbox
from bot.wechat.replies import cdata
from tests.wechat.fakes import NONCE, SAFE, TIMESTAMP, signed_query

USER = "oUser001"
_ids = count(23_000_000_000_000_001)


def fields(kind: str = "text", user: str = USER, **more: object) -> dict[str, object]:
    """A push's fields; a message gets an id of its own unless it is given one."""
    head = {"ToUserName": "gh_0a1b2c", "FromUserName": user, "CreateTime": 1_760_000_000, "MsgType": kind}
    return head | ({} if kind == "event" else {"MsgId": next(_ids)}) | more


def event(name: str, **more: object) -> dict[str, object]:
    """An event's fields."""
    return fields("event", CreateTime=next(_ids) % 10**9, Event=name, **more)


def written(values: dict[str, object], *, as_json: bool = False) -> bytes:
    """The fields as a body."""
    if as_json:
        return json.dumps(values, ensure_ascii=False).encode()
    elements = (f"<{name}>{cdata(str(value))}</{name}>" for name, value in values.items())
    return f"<xml>{''.join(elements)}</xml>".encode()


@dataclass(frozen=True)
class Opened:
    """A passive reply's fields, after its own signature was checked."""

    fields: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.fields.get("Content", "")


@dataclass
class Chat:
    """One user's chat with one account."""

    client: FlaskClient
    account: Account
    outbox: Outbox
    is_encrypted: bool = False
    as_json: bool = False

    @property
    def address(self) -> str:
        return f"/wechat/{self.account.kind}/{self.account.name}"

    def deliver(self, values: dict[str, object]) -> TestResponse:
        """One delivery of a push, signed and, if the chat is, encrypted."""
        body, query = written(values, as_json=self.as_json), signed_query()
        if self.is_encrypted:
            sealed = SAFE.crypto.encrypt(body, int(TIMESTAMP), NONCE)
            query = signed_query(encrypt_type="aes", msg_signature=sealed.msg_signature)
            body = written({"ToUserName": "gh_0a1b2c", "Encrypt": sealed.encrypt}, as_json=self.as_json)
        return self.client.post(self.address, query_string=query, data=body)

    def opened(self, response: TestResponse) -> Opened:
        """The reply as WeChat reads it; nothing for ``success``."""
        assert response.status_code == 200
        if response.data == b"success":
            return Opened()
        read = _read(response.data, as_json=self.as_json)
        if self.is_encrypted:
            crypto = SAFE.crypto
            assert crypto.is_signed(read["MsgSignature"], str(read["TimeStamp"]), NONCE, read["Encrypt"])
            read = _read(crypto.decrypt(read["Encrypt"]), as_json=self.as_json)
        assert read.get("Content") != "" and len(read.get("Content", "").encode()) <= 2048
        return Opened(read)

    def push(self, values: dict[str, object]) -> str:
        """What the user sees after a push, whichever way it comes."""
        passive = self.opened(self.deliver(values)).text
        return passive if self.account.kind is AccountKind.OFFICIAL else "\n---\n".join(self.received())

    def says(self, content: str, **more: object) -> str:
        """What the user sees after writing this."""
        return self.push(fields(Content=content, **more))

    def received(self) -> list[str]:
        """The customer messages sent since the last look."""
        texts = []
        while due := self.outbox.take(9):
            texts += [message.text for message in due]
            for message in due:
                self.outbox.sent(message)
        return texts


def _read(body: bytes, *, as_json: bool) -> dict[str, str]:
    if as_json:
        return json.loads(body)
    return {element.tag: element.text or "" for element in fromstring(body)}

"""Plays WeChat against a running server: a truly signed and encrypted push, and its reply opened."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from bot.channels.wechat.accounts import Account
from bot.wechat.credentials import Mode
from bot.wechat.crypto import MessageCrypto
from bot.wechat.errors import CredentialsError
from bot.wechat.fields import read_document
from bot.wechat.replies import cdata
from bot.wechat.signature import signature

_RECIPIENT = "gh_simulated"


@dataclass(frozen=True)
class Exchange:
    """One simulated push: the response as it came, and the text in it after opening."""

    status: int
    body: str
    opened: str


def simulate(
    account: Account, url: str, fields: Mapping[str, str], mode: Mode, *, as_json: bool = False
) -> Exchange:
    """Push a message with these fields (``MsgType``, ``Content`` …) and open the reply.

    Raises CredentialsError when the mode needs an AES key that the account lacks.
    """
    crypto = account.credentials.crypto
    if mode is not Mode.PLAIN and crypto is None:
        raise CredentialsError("%(mode)s mode needs the AES key: copy EncodingAESKey", mode=mode)
    message = {
        "ToUserName": _RECIPIENT,
        "FromUserName": "oSimulatedUser",
        "CreateTime": str(int(time.time())),
        "MsgId": str(time.time_ns()),
        **fields,
    }
    plain = _written(message, as_json=as_json)
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    query = {"timestamp": timestamp, "nonce": nonce}
    query["signature"] = signature(account.credentials.token, timestamp, nonce)
    if mode is not Mode.PLAIN and crypto is not None:
        sealed = crypto.encrypt(plain.encode(), int(timestamp), nonce)
        query |= {"encrypt_type": "aes", "msg_signature": sealed.msg_signature, "openid": "oSimulatedUser"}
        extra = message if mode is Mode.COMPATIBLE else {"ToUserName": _RECIPIENT}
        plain = _written({**extra, "Encrypt": sealed.encrypt}, as_json=as_json)
    address = f"{url.rstrip('/')}/wechat/{account.kind}/{account.name}?{urlencode(query)}"
    response = httpx.post(address, content=plain.encode(), timeout=10)
    return Exchange(response.status_code, response.text, _opened(response.text, crypto))


def _written(fields: Mapping[str, str], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(fields, ensure_ascii=False)
    return "<xml>" + "".join(f"<{k}>{cdata(v)}</{k}>" for k, v in fields.items()) + "</xml>"


def _opened(body: str, crypto: MessageCrypto | None) -> str:
    """The words in a reply; what is not XML or JSON is shown as it is."""
    if not body.startswith(("<", "{")):
        return body
    document = read_document(body.encode())
    if document.text("Encrypt") and crypto is not None:
        document = read_document(crypto.decrypt(document.text("Encrypt")))
    return document.text("Content") or document.text("MsgType")

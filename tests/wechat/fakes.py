"""The other side of the wire: a WeChat that signs, encrypts, hands out tokens and refuses."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.wechat.credentials import Credentials, Mode
from bot.wechat.crypto import MessageCrypto
from bot.wechat.signature import signature
from bot.wechat.tokens import Token

TOKEN = "ownToken2026"
APP_ID = "wx00112233445566aa"
AES_KEY = "Zm9vYmFyQmF6MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1"
SECRET = "own-app-secret-0123456789"
TIMESTAMP, NONCE = "1760000000", "987654321"

PLAIN = Credentials(APP_ID, TOKEN, Mode.PLAIN)
SAFE = Credentials(APP_ID, TOKEN, Mode.SAFE, AES_KEY)
COMPATIBLE = Credentials(APP_ID, TOKEN, Mode.COMPATIBLE, AES_KEY)


def xml(extra: str = "", kind: str = "text") -> bytes:
    """A push from ``oUser001``, with further elements."""
    head = (
        "<ToUserName><![CDATA[gh_0a1b2c]]></ToUserName>"
        "<FromUserName><![CDATA[oUser001]]></FromUserName><CreateTime>1760000000</CreateTime>"
    )
    return f"<xml>{head}<MsgType><![CDATA[{kind}]]></MsgType>{extra}</xml>".encode()


def xml_text(content: str = "营业时间?", message_id: str = "23000000000000001") -> bytes:
    """A text message as an official account pushes it."""
    return xml(f"<Content><![CDATA[{content}]]></Content><MsgId>{message_id}</MsgId>")


def json_push(**fields: object) -> bytes:
    """A push as a mini program's console can choose to have it."""
    head = {"ToUserName": "gh_mini01", "FromUserName": "oMini001", "CreateTime": 1760000000}
    return json.dumps({**head, "MsgType": "text", **fields}, ensure_ascii=False).encode()


def signed_query(token: str = TOKEN, **more: str) -> dict[str, str]:
    """The query of a plain push or a handshake."""
    signed = signature(token, TIMESTAMP, NONCE)
    return {"signature": signed, "timestamp": TIMESTAMP, "nonce": NONCE, **more}


def encrypted(
    plaintext: bytes, crypto: MessageCrypto | None = None, *, beside: str = ""
) -> tuple[dict[str, str], bytes]:
    """Query and body of an encrypted push; ``beside`` are compatible mode's plain elements."""
    crypto = crypto or MessageCrypto(TOKEN, AES_KEY, APP_ID)
    sealed = crypto.encrypt(plaintext, int(TIMESTAMP), NONCE)
    query = signed_query(encrypt_type="aes", msg_signature=sealed.msg_signature)
    body = f"<xml>{beside}<Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>"
    return query, body.encode()


def encrypted_json(plaintext: bytes) -> tuple[dict[str, str], bytes]:
    """The same for a mini program that chose JSON."""
    sealed = MessageCrypto(TOKEN, AES_KEY, APP_ID).encrypt(plaintext, int(TIMESTAMP), NONCE)
    body = json.dumps({"ToUserName": "gh_mini01", "Encrypt": sealed.encrypt})
    return signed_query(encrypt_type="aes", msg_signature=sealed.msg_signature), body.encode()


class MemoryTokenCache:
    """A token cache for the threads of one process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def get(self, app_id: str) -> Token | None:
        return self._tokens.get(app_id)

    def put(self, app_id: str, token: Token) -> None:
        self._tokens[app_id] = token

    def lock(self, app_id: str) -> AbstractContextManager[object]:
        return self._lock


@dataclass
class Clock:
    """Seconds that pass when somebody sleeps."""

    now: float = 1_760_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


class FakeWeChat:
    """api.weixin.qq.com as far as customer messages need it.

    ``refusals`` are errcodes (or whole responses) given to the next sends, one each.
    """

    def __init__(self) -> None:
        self.valid = "token-1"
        self.is_deaf = False
        self.max_bytes = 2048
        self.refusals: list[int | httpx.Response | Exception] = []
        self.token_refusals: list[int] = []
        self.token_lasts = 7200
        self.messages: list[dict] = []
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.hits: Counter[str] = Counter()
        self.forced = 0

    def expire(self) -> None:
        self.valid = f"token-{int(self.valid.removeprefix('token-')) + 1}"

    def texts(self) -> list[str]:
        return [message["text"]["content"] for message in self.messages]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        self.hits[request.url.path.rsplit("/", 1)[-1]] += 1
        body = json.loads(request.content)
        if request.url.path == "/cgi-bin/stable_token":
            return self._token(body)
        return self._send(str(request.url), request.content, body)

    def _token(self, body: dict) -> httpx.Response:
        if self.token_refusals:
            return _error(self.token_refusals.pop(0))
        if body["secret"] != SECRET:
            return _error(40125)
        if body["force_refresh"]:
            self.forced += 1
            self.expire()
        return httpx.Response(200, json={"access_token": self.valid, "expires_in": self.token_lasts})

    def _send(self, url: str, raw: bytes, body: dict) -> httpx.Response:
        refusal = self.refusals.pop(0) if self.refusals else 0
        if isinstance(refusal, httpx.Response):
            return refusal
        if isinstance(refusal, Exception):
            raise refusal
        if refusal:
            return _error(refusal)
        if self.is_deaf or parse_qs(urlsplit(url).query)["access_token"] != [self.valid]:
            return _error(40001)
        if len(body.get("text", {}).get("content", "").encode()) > self.max_bytes:
            return _error(45002)
        self.bodies.append(raw)
        self.messages.append(body)
        return _error(0, "ok")


def _error(code: int, message: str = "refused rid: 68f0-1a2b-3c4d") -> httpx.Response:
    return httpx.Response(200, json={"errcode": code, "errmsg": message})


def mini_program(port: int) -> dict[str, str]:
    """The environment of a bot with a mini program, whose API is on a port of this machine."""
    return {
        "BOT_WECHAT_MINI_TOKEN": TOKEN,
        "BOT_WECHAT_MINI_APP_ID": APP_ID,
        "BOT_WECHAT_MINI_APP_SECRET": SECRET,
        "BOT_WECHAT_API_BASE": f"http://127.0.0.1:{port}",
    }


def both_accounts(port: int) -> dict[str, str]:
    """The same with an official account too."""
    official = {"BOT_WECHAT_OFFICIAL_TOKEN": TOKEN, "BOT_WECHAT_OFFICIAL_APP_ID": APP_ID}
    return official | mini_program(port)


def endless(part: bytes = b" ") -> Iterator[bytes]:
    """A body that never ends."""
    while True:
        yield part * 4096

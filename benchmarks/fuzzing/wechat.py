"""Pushes: whatever is posted ends in a push that can be answered, or in one of the two named refusals."""

from __future__ import annotations

import base64
from dataclasses import replace

from benchmarks.wechat_pushes import KINDS, PLAIN, SAFE, TOKEN, written
from bot.wechat.envelope import open_push
from bot.wechat.errors import MalformedPushError, NotAuthenticError, UnusablePushError
from bot.wechat.fields import Format, read_document
from bot.wechat.markdown import plain_text
from bot.wechat.menu import menu_link
from bot.wechat.messages import Push, delivery_key, parse_push
from bot.wechat.replies import SUCCESS, cdata, sealed, text_reply
from bot.wechat.signature import signature
from bot.wechat.text import MAX_TEXT_BYTES, first_piece, split_bytes

LONGEST = 2048
WORDS = [
    *(
        b"<xml>",
        b"</xml>",
        b"<![CDATA[",
        b"]]>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b"&#0;",
        b"&#x10;",
    ),
    *(b"<ToUserName>", b"<FromUserName>", b"<MsgType>text</MsgType>", b"<Content>", b"<Encrypt>", b"<MsgId>"),
    *(
        b'"ToUserName":"a"',
        b'"FromUserName":"b"',
        b'"MsgType":"text"',
        b'"Content":',
        b'"Encrypt":',
        b"\\ud800",
    ),
    *(b"1e999", b"NaN", b"null", b"[[[[", b'{"a":', b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff", b"\x1d"),
    *(b'<a href="', b"</a>", b"**", b"~~", b"|--|", b"\n> ", b"weixin://"),
]
_CRYPTO = SAFE.crypto
assert _CRYPTO is not None
_TIMESTAMP, _NONCE = "1760000000", "nonce1"
_SIGNED = {"timestamp": _TIMESTAMP, "nonce": _NONCE, "signature": signature(TOKEN, _TIMESTAMP, _NONCE)}


def _encrypted(body: bytes, encrypt: str = "") -> tuple[dict[str, str], bytes]:
    """The request that carries a body, or a text in the place of a ciphertext, authentic either way."""
    encrypt = encrypt or _CRYPTO.encrypt(body, int(_TIMESTAMP), _NONCE).encrypt
    query = _SIGNED | {"msg_signature": signature(TOKEN, _TIMESTAMP, _NONCE, encrypt.strip())}
    return query, f"<xml><Encrypt>{cdata(encrypt)}</Encrypt></xml>".encode()


SEEDS = [
    bytes([way]) + written(kind, 1, as_json=as_json)
    for kind in KINDS
    for as_json in (False, True)
    for way in (0, 1)
]
SEEDS += [b"\x02" + base64.b64encode(bytes(64)), b"\x03" + bytes(64), b"\x04" + _encrypted(b"<xml></xml>")[1]]


def case(data: bytes) -> None:
    """The first byte says how the rest arrives."""
    way, body = data[:1], data[1:]
    match way[0] % 5 if way else 0:
        case 0:
            _plain(body)
        case 1:
            _safe(body)
        case 2:
            _opens(*_encrypted(b"", body.decode("latin-1").strip() or "A"))
        case 3:
            _opens(*_encrypted(b"", base64.b64encode(body + bytes(-len(body) % 16)).decode() or "A"))
        case _:
            _forged(body)


def _plain(body: bytes) -> None:
    try:
        push = parse_push(body)
    except MalformedPushError:
        return
    assert delivery_key("app", push).encode()
    _answered(push)


def _safe(body: bytes) -> None:
    try:
        expected = replace(parse_push(body), is_encrypted=True)
    except MalformedPushError:
        expected = None
    query, sent = _encrypted(body)
    try:
        assert open_push(query, sent, SAFE) == expected
    except UnusablePushError:
        assert expected is None
    _refused(query | {"msg_signature": query["msg_signature"][::-1]}, sent)


def _opens(query: dict[str, str], body: bytes) -> None:
    try:
        push = open_push(query, body, SAFE)
    except (NotAuthenticError, UnusablePushError):
        return
    _answered(push)


def _forged(body: bytes) -> None:
    """Nobody's body is believed without a signature of its own."""
    _refused(_SIGNED, body)
    _refused({"timestamp": _TIMESTAMP, "nonce": _NONCE, "msg_signature": "0" * 40}, body)
    try:
        open_push(_SIGNED | {"signature": "0" * 40}, body, PLAIN)
    except NotAuthenticError:
        return
    raise AssertionError("a forged push was opened")


def _refused(query: dict[str, str], body: bytes) -> None:
    try:
        open_push(query, body, SAFE)
    except NotAuthenticError:
        return
    raise AssertionError("a forged push was opened")


def _answered(push: Push) -> None:
    """What the user wrote goes back as it was, in one message that WeChat takes."""
    shown = plain_text(push.content)
    reply = text_reply(push, shown, created_at=1)
    if reply != SUCCESS:
        said = read_document(reply.body.encode(), 10**6)
        assert said.format is push.format and said.text("Content") == first_piece(shown).piece
        assert said.text("ToUserName") == push.sender
        outer = sealed(reply, replace(push, is_encrypted=True), _CRYPTO, timestamp=1, nonce=_NONCE)
        inner = _CRYPTO.decrypt(read_document(outer.body.encode(), 10**6).text("Encrypt"))
        assert inner.decode() == reply.body
    assert all(len(piece.encode()) <= MAX_TEXT_BYTES for piece in split_bytes(push.content))
    link = menu_link(push.content, push.event_key)
    assert link.count("<") == 2 and link.count('"') == 2 and push.format in Format

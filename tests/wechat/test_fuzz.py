"""Whatever is posted, opening it ends in a push or in one of the two named refusals."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.wechat.credentials import Credentials
from bot.wechat.envelope import answer_handshake, open_push
from bot.wechat.errors import MalformedPushError, NotAuthenticError, UnusablePushError
from bot.wechat.messages import Push, delivery_key, parse_push
from bot.wechat.replies import SUCCESS, sealed, text_reply
from bot.wechat.signature import signature

from .fakes import (
    AES_KEY,
    APP_ID,
    COMPATIBLE,
    NONCE,
    PLAIN,
    SAFE,
    TIMESTAMP,
    TOKEN,
    encrypted,
    encrypted_json,
    json_push,
    signed_query,
    xml,
    xml_text,
)
from .test_crypto import raw_encrypt

GENUINE = [
    xml_text(),
    xml("<Event>CLICK</Event><EventKey>A</EventKey>", kind="event"),
    xml("<ScanCodeInfo><ScanResult>2</ScanResult></ScanCodeInfo>", kind="event"),
    json_push(Content="在吗", MsgId=24000000000000001, List=[{"a": [1, None, True, 1.5]}]),
]
PIECES = [
    b"<",
    b">",
    b"]]>",
    b"<![CDATA[",
    b"&#0;",
    b"<!DOCTYPE a>",
    b"\x00",
    b"\xff",
    b"\\ud800",
    b"<Encrypt>",
    b'"Encrypt":',
    b"{",
    b"[",
    b"1e999",
    b"NaN",
    b"\xef\xbb\xbf",
    b"<a:b/>",
]
WORDS = st.text(st.sampled_from("aZ09 +/=&<%;é签名👍\x00\x1d\ud800\ufffe"), max_size=60)
ACCOUNTS = st.sampled_from([PLAIN, SAFE, COMPATIBLE])
NAMES = ["signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr"]
VALUES = st.one_of(WORDS, st.sampled_from(["aes", "raw", TIMESTAMP, NONCE, "0" * 40]))
QUERIES = st.dictionaries(st.sampled_from(NAMES), VALUES)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A genuine body with a few stretches cut, doubled or replaced."""
    body = draw(st.sampled_from(GENUINE))
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        filling = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6), st.just(b"")))
        body = body[:start] + filling + body[end if draw(st.booleans()) else start :]
    return body


BODIES = st.one_of(mutated(), st.binary(max_size=200))


def is_answerable(query: dict[str, str], body: bytes, account: Credentials) -> bool:
    """Opens and answers; any other exception than the two is the failure looked for."""
    try:
        push = open_push(query, body, account)
    except (NotAuthenticError, UnusablePushError):
        return False
    reply = text_reply(push, "好]]>的", created_at=1)
    sealed(reply, push, account.crypto, timestamp=1, nonce=query["nonce"]).body.encode()
    assert delivery_key(APP_ID, push).encode()
    return True


@given(BODIES)
def test_any_body_parses_or_is_malformed(body):
    try:
        push = parse_push(body)
    except MalformedPushError:
        return
    assert isinstance(push, Push)


@given(QUERIES, BODIES, ACCOUNTS)
def test_no_stranger_is_ever_answered(query, body, account):
    assert not is_answerable(query, body, account)


@given(BODIES)
def test_a_signed_plain_body_never_surprises(body):
    is_answerable(signed_query(), body, PLAIN)


@given(BODIES, st.sampled_from([SAFE, COMPATIBLE]))
def test_an_encrypted_body_never_surprises(body, account):
    is_answerable(*encrypted(body), account)
    is_answerable(*encrypted_json(body), account)


@given(st.binary(min_size=16, max_size=160))
@example(b"\x20" * 32)
def test_a_signed_ciphertext_of_anything_never_surprises(plain):
    encrypt = raw_encrypt(plain[: len(plain) // 16 * 16])
    query = signed_query(msg_signature=signature(TOKEN, TIMESTAMP, NONCE, encrypt))

    is_answerable(query, f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode(), SAFE)


@given(WORDS)
def test_a_signed_encrypt_field_of_anything_never_surprises(encrypt):
    signed = signature(TOKEN, TIMESTAMP, NONCE, encrypt.strip())
    body = b"<xml><Encrypt>" + encrypt.encode("utf-8", "surrogatepass") + b"</Encrypt></xml>"

    is_answerable(signed_query(msg_signature=signed), body, SAFE)


@given(QUERIES, ACCOUNTS)
def test_no_stranger_completes_a_handshake(query, account):
    with pytest.raises(NotAuthenticError):
        answer_handshake(query, account)


@given(BODIES)
def test_a_plain_account_with_a_key_never_surprises(body):
    account = Credentials(APP_ID, TOKEN, PLAIN.mode, AES_KEY)

    is_answerable(signed_query(), body, account)


def test_success_is_what_wechat_documents():
    assert (SUCCESS.body, SUCCESS.media_type) == ("success", "text/plain")

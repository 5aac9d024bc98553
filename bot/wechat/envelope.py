"""From an HTTP request to a push we may believe (消息推送, 消息加解密说明).

Plain pushes are vouched for by ``signature``, which says nothing about the body; encrypted
ones by ``msg_signature`` over the ciphertext, and only what comes out of it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.wechat.credentials import Credentials, Mode
from bot.wechat.crypto import MessageCrypto
from bot.wechat.errors import MalformedPushError, NotAuthenticError, UnusablePushError
from bot.wechat.fields import MAX_BODY_BYTES, Document, read_document
from bot.wechat.messages import Push, parse_push, push_from
from bot.wechat.signature import is_signed

# The parts are joined without separators before they are hashed. Were timestamp and nonce
# free to grow, the head of a captured ciphertext could be moved into them under the same
# signature: three AES blocks are 64 characters of Base64, these bounds leave no room for them.
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[!-~]{1,40}", re.ASCII)

_SHA1_DIGITS = 40

# WeChat sends digits. The signature does not cover echostr, so nothing like markup goes back.
_ECHOSTR = re.compile(r"[A-Za-z0-9_+/=.-]{1,256}", re.ASCII)


def answer_handshake(query: Mapping[str, str], credentials: Credentials) -> str:
    """The ``echostr`` to answer with, byte for byte; it is plain in all three modes."""
    _check_signature(query, credentials)
    return _echo(_arg(query, "echostr"))


def open_push(
    query: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    max_bytes: int = MAX_BODY_BYTES,
) -> Push:
    """The verified, decrypted push.

    Raises :class:`NotAuthenticError` (answer 403) or :class:`UnusablePushError` (``success``).
    """
    if credentials.mode is not Mode.PLAIN or _arg(query, "encrypt_type") == "aes":
        return _open_encrypted(query, body, credentials, max_bytes)
    _check_signature(query, credentials)
    document = read_document(body, max_bytes)
    if document.text("Encrypt"):
        return _decrypted(query, document, _crypto(credentials))
    return push_from(document)


def _open_encrypted(
    query: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    max_bytes: int,
) -> Push:
    if credentials.crypto is None:
        # Without the key, ``signature`` is all there is to tell WeChat from a stranger.
        _check_signature(query, credentials)
    crypto = _crypto(credentials)
    _check_claim(query)
    try:
        document = read_document(body, max_bytes)
    except MalformedPushError as error:
        raise NotAuthenticError("nothing to verify: %(error)s", error=error) from error
    return _decrypted(query, document, crypto)


def _decrypted(query: Mapping[str, str], document: Document, crypto: MessageCrypto) -> Push:
    """The push inside ``Encrypt``; plain fields beside it (compatible mode) are not read."""
    payload = _opened(query, document.text("Encrypt"), crypto)
    return replace(parse_push(payload, len(payload)), is_encrypted=True)


def _opened(query: Mapping[str, str], encrypt: str, crypto: MessageCrypto) -> bytes:
    if not encrypt:
        raise NotAuthenticError("the request is not encrypted")
    timestamp, nonce = _moment(query)
    if not crypto.is_signed(_arg(query, "msg_signature"), timestamp, nonce, encrypt):
        raise NotAuthenticError("msg_signature does not fit the ciphertext")
    return crypto.decrypt(encrypt)


def _check_claim(query: Mapping[str, str]) -> None:
    """Spares the parser what does not even claim to be signed: scanners, and plain pushes."""
    _moment(query)
    if len(_arg(query, "msg_signature")) != _SHA1_DIGITS:
        raise NotAuthenticError("the request has no msg_signature")


def _check_signature(query: Mapping[str, str], credentials: Credentials) -> None:
    timestamp, nonce = _moment(query)
    if not is_signed(_arg(query, "signature"), credentials.token, timestamp, nonce):
        raise NotAuthenticError("signature does not fit token, timestamp and nonce")


def _moment(query: Mapping[str, str]) -> tuple[str, str]:
    timestamp, nonce = _arg(query, "timestamp"), _arg(query, "nonce")
    if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
        raise NotAuthenticError("timestamp or nonce is missing or not WeChat's")
    return timestamp, nonce


def _echo(echostr: str) -> str:
    if not _ECHOSTR.fullmatch(echostr):
        raise NotAuthenticError("echostr is missing or not WeChat's")
    return echostr


def _crypto(credentials: Credentials) -> MessageCrypto:
    if credentials.crypto is None:
        raise UnusablePushError("the push is encrypted: set the AES key, or plain mode in WeChat")
    return credentials.crypto


def _arg(query: Mapping[str, str], name: str) -> str:
    return query.get(name) or ""

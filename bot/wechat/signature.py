"""The SHA-1 signatures on handshakes, pushes and encrypted replies (消息推送, 消息加解密说明)."""

from __future__ import annotations

import hashlib
import hmac


def signature(token: str, timestamp: str, nonce: str, *extra: str) -> str:
    """Lower-case hex SHA-1 of all parts, sorted and joined; ``extra`` is the ciphertext, if any."""
    joined = "".join(sorted((token, timestamp, nonce, *extra)))
    return hashlib.sha1(_octets(joined), usedforsecurity=False).hexdigest()


def is_signed(claimed: str, token: str, timestamp: str, nonce: str, *extra: str) -> bool:
    """Whether ``claimed`` is that signature, compared in constant time.

    ``signature`` of the query covers token, timestamp and nonce; ``msg_signature`` covers the
    ciphertext as well and is the only one that says anything about an encrypted body.
    """
    expected = signature(token, timestamp, nonce, *extra)
    return hmac.compare_digest(_octets(claimed), _octets(expected))


def _octets(text: str) -> bytes:
    # A query string may hold anything, lone surrogates too; it must fail, not raise.
    return text.encode("utf-8", "surrogatepass")

"""Who may use the operator's API: whoever has its key."""

from __future__ import annotations

import hashlib
import hmac

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

_SCHEME = "bearer"


def require_key(key: str) -> None:
    """Raise Forbidden when no key is set, Unauthorized when the request does not carry it.

    Nothing else of the request is looked at before.
    """
    if not key:
        raise Forbidden(
            "the operator's API is off; set BOT_ADMIN_KEY, or BOT_ADMIN_KEY_FILE, to 32 characters or more "
            "(openssl rand -hex 32) and start the bot again"
        )
    if not hmac.compare_digest(_digest(_given()), _digest(key.encode())):
        raise Unauthorized(
            "send the header: Authorization: Bearer and the key that BOT_ADMIN_KEY holds",
            www_authenticate=WWWAuthenticate(_SCHEME, {"realm": "admin"}),
        )


def _given() -> bytes:
    """The key as it came over the wire; WSGI makes a text of its bytes."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode("latin-1", "replace") if scheme.lower() == _SCHEME else b""


def _digest(key: bytes) -> bytes:
    # Of one length, so that comparing takes the same time whatever was sent.
    return hashlib.sha256(key).digest()

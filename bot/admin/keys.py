"""Who may use the operator's API: whoever has its key, or one that may rebuild."""

from __future__ import annotations

import hashlib
import hmac

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from bot.channels.access import require_scope
from bot.channels.callers import bearer_token
from bot.domain import Scope
from bot.ports import ApiKeys


def require_key(key: str, keys: ApiKeys | None = None) -> None:
    """Raise Forbidden when no key is set, Unauthorized when the request does not carry it.

    Of ``keys``, which the store has, one with the scope ``rebuild`` does as well. Nothing else of the request
    is looked at before.
    """
    given = bearer_token(request.environ) or ""
    if key and hmac.compare_digest(_digest(given), _digest(key)):
        return
    if keys and (found := keys.find(given) if given else None):
        require_scope(found, Scope.REBUILD)
        return
    if not key:
        raise Forbidden(
            "the operator's API is off; set BOT_ADMIN_KEY, or BOT_ADMIN_KEY_FILE, to 32 characters or more "
            "(openssl rand -hex 32) and start the bot again"
        )
    raise Unauthorized(
        "send the header: Authorization: Bearer and the key that BOT_ADMIN_KEY holds, or one with the "
        "scope rebuild that flask --app wsgi keys create made",
        www_authenticate=WWWAuthenticate("bearer", {"realm": "admin"}),
    )


def _digest(key: str) -> bytes:
    # Of one length, so that comparing takes the same time whatever was sent.
    return hashlib.sha256(key.encode()).digest()

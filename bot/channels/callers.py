"""Who calls: the chat page of this server, the holder of a key, or somebody at an address."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from bot.channels.problems import InvalidRequest
from bot.limiting.addresses import caller_at

ASK, CHAT = "ask", "chat"
CHANNEL_HEADER = "Bot-Channel"
_SCHEME = "bearer"


def channel() -> str:
    """``chat`` when this server's own page asks, else ``ask``; raises InvalidRequest.

    Browsers let no other page send the header, and say where a request comes from in headers that no page
    can set: Sec-Fetch-Site, but not over plain http, and Origin. A program may write them all: the answer
    is good for the log and for what everybody may do, not for secrets.
    """
    given = request.headers.get(CHANNEL_HEADER)
    if given not in (None, CHAT):
        raise InvalidRequest(
            f"{CHANNEL_HEADER}: only the web chat sends this header, with {CHAT}; leave it out"
        )
    return CHAT if given and _is_from_here() else ASK


def _is_from_here() -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def bearer_token() -> str | None:
    """What the header Authorization carries, if it is of that scheme."""
    # WSGI makes a text of the bytes, one character each.
    given = request.headers.get("Authorization", "").encode("latin-1", "replace").decode("utf-8", "replace")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else None


def caller_address() -> str:
    """Who counts as one by address."""
    return caller_at(request.remote_addr or "")

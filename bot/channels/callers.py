"""Who calls: the chat page of this server, the holder of a key, or somebody at an address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wsgi import get_host

from bot.channels.problems import InvalidRequest
from bot.limiting.addresses import caller_at

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ASK, CHAT = "ask", "chat"
CHANNEL_HEADER = "Bot-Channel"
_CHANNEL = "HTTP_BOT_CHANNEL"
_SCHEME = "bearer"


def channel(environ: WSGIEnvironment) -> str:
    """``chat`` when this server's own page asks, else ``ask``; raises InvalidRequest.

    Browsers let no other page send the header, and say where a request comes from in headers that no page
    can set: Sec-Fetch-Site, but not over plain http, and Origin. A program may write them all: the answer
    is good for the log and for what everybody may do, not for secrets.
    """
    given = environ.get(_CHANNEL)
    if given not in (None, CHAT):
        raise InvalidRequest(
            f"{CHANNEL_HEADER}: only the web chat sends this header, with {CHAT}; leave it out"
        )
    return CHAT if given and _is_from_here(environ) else ASK


def _is_from_here(environ: WSGIEnvironment) -> bool:
    if site := environ.get("HTTP_SEC_FETCH_SITE"):
        return bool(site == "same-origin")
    origin = environ.get("HTTP_ORIGIN")
    return origin is not None and urlsplit(origin).netloc == get_host(environ)


def bearer_token(environ: WSGIEnvironment) -> str | None:
    """What the header Authorization carries, if it is of that scheme."""
    given = environ.get("HTTP_AUTHORIZATION")
    if given is None:
        return None
    # WSGI makes a text of the bytes, one character each.
    given = given.encode("latin-1", "replace").decode("utf-8", "replace")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else None


def caller_address(environ: WSGIEnvironment) -> str:
    """Who counts as one by address."""
    return caller_at(environ.get("REMOTE_ADDR", ""))

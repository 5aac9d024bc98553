"""What is said when more comes than can be served: whole responses, made without the application.

A push is told by its channel, in words and signed as it must be, as long as there is time even for that.
"""

from __future__ import annotations

import json
import uuid
from contextvars import ContextVar
from enum import StrEnum
from http import HTTPStatus

RETRY_AFTER = 2
# Asked by whoever watches over the bot; answered whatever else waits.
PROBES = (b"/healthz", b"/readyz", b"/metrics")
_PUSHES = b"/wechat/"
_DETAIL = f"too many requests at once; try again in {RETRY_AFTER} s"
_PAGE = f"""<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{RETRY_AFTER}"><title>稍候 / One moment</title>
<p>现在访问的人太多，本页会自动重试。</p>
<p lang="en">Too many visitors at once. This page tries again by itself.</p>
</html>
"""

# Whether the push that is handled here and now is to be told that there is no time for it.
is_turned_away: ContextVar[bool] = ContextVar("is_turned_away", default=False)


class Shed(StrEnum):
    """What became of a request that was not served; ``unread``: a push that not even words were left for."""

    REFUSED = "refused"
    TOLD = "told"
    UNREAD = "unread"


def is_push(path: bytes) -> bool:
    """Whether WeChat waits for an answer, which an error must never be."""
    return path.startswith(_PUSHES)


def unread() -> bytes:
    """The response to a push that makes WeChat let it be."""
    return _response(HTTPStatus.OK, "text/plain; charset=utf-8", "success")


def refusal(*, is_page: bool) -> bytes:
    """503 with when to try again: for programs as problem+json (RFC 9457), for people as a page."""
    request_id = uuid.uuid4().hex
    if is_page:
        return _response(HTTPStatus.SERVICE_UNAVAILABLE, "text/html; charset=utf-8", _PAGE, request_id)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": _DETAIL}
    text = json.dumps(problem | {"request_id": request_id})
    return _response(status, "application/problem+json", text, request_id)


def _response(status: HTTPStatus, content_type: str, text: str, request_id: str = "") -> bytes:
    body = text.encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        f"X-Request-ID: {request_id or uuid.uuid4().hex}",
        "Cache-Control: no-store",
        "Connection: close",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        *([f"Retry-After: {RETRY_AFTER}"] if status is HTTPStatus.SERVICE_UNAVAILABLE else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

"""Pushes to known addresses, with no framework between them and the server: there are many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Request

from bot.channels.plain import ROUTE, route_plain_endpoints
from bot.wechat.fields import MAX_BODY_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What to say to a delivery: its text, media type and status.
Spoken = tuple[str, str, str]
Deliver = Callable[[Request], Spoken]
# Raises SecurityError for a request that is meant for another host.
Admit = Callable[["WSGIEnvironment"], None]


def everywhere(_environ: WSGIEnvironment) -> None:
    """For bots that answer to any name."""


def body(request: Request) -> bytes:
    """What was pushed; empty when it is too long, or cut off: unusable, but it may be authentic."""
    try:
        return request.stream.read(MAX_BODY_BYTES + 1)
    except HTTPException:
        return b""


def deliver_plainly(app: Flask, path: str, route: str, deliver: Deliver, admit: Admit) -> None:
    """Have what is posted to a path delivered; ``route``: its template, for log and metrics."""
    flask: WSGIApplication = partial(Flask.wsgi_app, app)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or not _is_admitted(environ, admit):
            return flask(environ, start_response)
        environ[ROUTE] = route
        text, media_type, status = deliver(_Pushed(environ, populate_request=False))
        sent = text.encode()
        kind = get_content_type(media_type, "utf-8")
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(sent)))])
        return [sent]

    route_plain_endpoints(app)[path] = serve


class _Pushed(Request):
    max_content_length = MAX_BODY_BYTES + 1


def _is_admitted(environ: WSGIEnvironment, admit: Admit) -> bool:
    try:
        admit(environ)
    except SecurityError:  # Flask finds out as well, and knows what to say
        return False
    return True

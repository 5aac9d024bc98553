"""Errors as problem+json (RFC 9457), in one form for every JSON endpoint, with a request id on all."""

from __future__ import annotations

import json
import logging
import re
import secrets
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from bot.channels.plain import route_plain_endpoints
from bot.channels.schemas import ProblemReply
from bot.errors import BotError
from bot.logs import current_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_Headers = list[tuple[str, str]]

REQUEST_ID_HEADER = "X-Request-ID"
_GIVEN_ID = "HTTP_X_REQUEST_ID"
MAX_BODY = 64 * 1024
# What to do about an error that the framework raises.
_DETAILS = {
    404: "nothing is at this address; /docs shows what there is",
    405: "this address does not take this method; use one that the header Allow names",
    413: f"the body is larger than {MAX_BODY // 1024} KiB; send less",
}
_KEPT_HEADERS = ("allow", "retry-after", "www-authenticate")
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(__name__)

# What to do about it, by the kind of pydantic's complaint; others speak for themselves.
_REMEDIES = {
    "json_invalid": "send a JSON object in UTF-8, for example %(example)s",
    "missing": "send this field",
    "string_type": "send text in quotes",
    "string_too_short": "write a question",
    "string_too_long": "shorten it",
    "literal_error": "use one of the values named here",
    "model_type": "send a JSON object, for example %(example)s",
    "model_attributes_type": "send a JSON object, for example %(example)s",
}


class InvalidRequest(HTTPException):
    """A request that cannot be understood: 400 with what is wrong and what to do."""

    code = 400


def invalid_request(error: ValidationError, expected: type[BaseModel]) -> InvalidRequest:
    """The first of pydantic's complaints, with its remedy."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    remedy = _REMEDIES.get(first["type"], "") % {"example": _example(expected)}
    text = ": ".join(filter(None, (where, first["msg"])))
    return InvalidRequest("; ".join(filter(None, (text, remedy))))


@cache
def _example(expected: type[BaseModel]) -> str:
    """The one that the API's description shows."""
    return json.dumps(expected.model_json_schema()["examples"][0], ensure_ascii=False)


def request_id() -> str:
    """The id of the request that is served here: the client's own if it is harmless, else a new one."""
    return current_request.get()


def new_request_id() -> str:
    """An id that no request had before, and that nobody can guess."""
    return secrets.token_hex(16)


def body(environ: WSGIEnvironment) -> bytes:
    """The request's body; raises RequestEntityTooLarge, or ClientDisconnected for half of one.

    A byte order mark in front, which some editors write, is left out (RFC 8259, section 8.1).
    """
    return _bytes(environ).removeprefix(BOM_UTF8)


def _bytes(environ: WSGIEnvironment) -> bytes:
    """As it came. Werkzeug, which takes long, reads what has no length: it only cuts off what is too long,
    so it may read one byte more than is allowed.
    """
    length = environ.get("CONTENT_LENGTH", "")
    if length.isdecimal() and int(length) <= MAX_BODY:
        return _whole_body(environ, int(length))
    data = get_input_stream(environ, max_content_length=MAX_BODY + 1).read()
    if len(data) > MAX_BODY:
        raise RequestEntityTooLarge
    return data


def _whole_body(environ: WSGIEnvironment, length: int) -> bytes:
    data = environ["wsgi.input"].read(length)
    if len(data) < length:
        raise ClientDisconnected
    return bytes(data)


def register_problems(app: Flask) -> None:
    """Handle every error of the app, and name every response's request."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(BotError, _unavailable)
    app.register_error_handler(Exception, _unexpected)
    _name_requests(app)


def _http_problem(error: HTTPException) -> Response:
    detail = error.description or ""
    if detail == type(error).description:
        detail = _DETAILS.get(error.code or 500, detail)
    headers = [(k, v) for k, v in error.get_headers() if k.lower() in _KEPT_HEADERS]
    return problem(error.code or 500, error.name, detail, headers)


def _unavailable(error: BotError) -> Response:
    _log.error("cannot answer: %s", error)
    return problem(503, "Service Unavailable", str(error), [("Retry-After", "5")])


def _unexpected(error: Exception) -> Response:
    _log.exception("request %s failed", request_id(), exc_info=error)
    detail = "something went wrong on our side; try again, and report the request id if it persists"
    return problem(500, "Internal Server Error", detail)


def problem(status: int, title: str, detail: str, headers: list[tuple[str, str]] | None = None) -> Response:
    """A problem+json response."""
    reply = ProblemReply(title=title, status=status, detail=detail, request_id=request_id())
    response = Response(reply.model_dump_json(), status, mimetype="application/problem+json")
    response.headers.extend(headers or [])
    return response


def _name_requests(app: Flask) -> None:
    route_plain_endpoints(app)
    respond = app.wsgi_app

    def named(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get(_GIVEN_ID, "")
        identifier = given if _SAFE_ID.fullmatch(given) else new_request_id()

        def start(status: str, headers: _Headers, exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401
            return start_response(status, [*headers, (REQUEST_ID_HEADER, identifier)], exc_info)

        token = current_request.set(identifier)
        try:
            return respond(environ, start)
        finally:
            current_request.reset(token)

    app.wsgi_app = named  # type: ignore[method-assign]

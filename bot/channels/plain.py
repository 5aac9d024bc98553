"""Endpoints with no framework between them and the server: it would take longer than they do themselves.

Such an endpoint comes to a text of JSON, or raises an exception. Where more is to be said than the text (what
went wrong, whose pages may read it), a view of Flask's at the same address says it, as for any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

JSON = "application/json"
# In the WSGI environment: the route of an endpoint that served, and what came of it if Flask is to say it.
ROUTE = "bot.route"
_OUTCOME = "bot.outcome"
_ENDPOINTS = "plain_endpoints"

Answer = Callable[["WSGIEnvironment"], bytes]


def route_plain_endpoints(app: Flask) -> dict[str, WSGIApplication]:
    """The endpoints by path, asked before Flask is. What else wraps the app must do so after this."""
    if _ENDPOINTS not in app.extensions:
        app.extensions[_ENDPOINTS] = {}
        routed = _before(app.wsgi_app, app.extensions[_ENDPOINTS])
        app.wsgi_app = routed  # type: ignore[method-assign,assignment]
    endpoints: dict[str, WSGIApplication] = app.extensions[_ENDPOINTS]
    return endpoints


def _before(flask: WSGIApplication, endpoints: dict[str, WSGIApplication]) -> WSGIApplication:
    def routed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return endpoints.get(environ["PATH_INFO"], flask)(environ, start_response)

    return routed


def answer_plainly(blueprint: Blueprint, path: str, answer: Answer) -> None:
    """Have GET and POST of a path answered with what ``answer`` makes of a request's environment."""

    @blueprint.route(path, methods=["GET", "POST"])
    def say() -> Response:
        outcome = request.environ[_OUTCOME]
        if isinstance(outcome, Exception):
            raise outcome
        return Response(outcome, content_type=JSON)

    @blueprint.record
    def route(state: BlueprintSetupState) -> None:
        app = cast(Flask, state.app)
        route_plain_endpoints(app)[path] = _endpoint(path, answer, partial(Flask.wsgi_app, app))


def _endpoint(path: str, answer: Answer, flask: WSGIApplication) -> WSGIApplication:
    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD", "POST"):
            return flask(environ, start_response)
        outcome: bytes | Exception
        try:
            outcome = answer(environ)
        except Exception as error:  # Flask knows what to say of each
            outcome = error
        if isinstance(outcome, Exception) or environ["REQUEST_METHOD"] == "HEAD" or "HTTP_ORIGIN" in environ:
            environ[_OUTCOME] = outcome
            return flask(environ, start_response)
        environ[ROUTE] = path
        start_response("200 OK", _headers(outcome))
        return [outcome]

    return serve


def _headers(text: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", JSON), ("Content-Length", str(len(text))), ("Cache-Control", "no-store")]

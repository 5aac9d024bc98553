"""Follows every request: its end is logged and counted once, as whoever asked is told of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask

from bot.channels.plain import ROUTE, route_plain_endpoints

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_Headers = list[tuple[str, str]]

# Methods and routes are told by name; what anybody might make up is not.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER = "other"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedRequest:
    """A request that has its response; ``route`` is the template of the address, never the address."""

    method: str
    route: str
    status: int
    seconds: float


def follow_requests(app: Flask, observe: Callable[[ServedRequest], None]) -> None:
    """Begin before whatever handles requests of the app, and end with the response."""
    route_plain_endpoints(app)
    respond = app.wsgi_app

    def followed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: _Headers, exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401
            taken = time.perf_counter() - began
            served = ServedRequest(_method(environ), _route(environ), int(status[:3]), taken)
            observe(served)
            _log.info("%s %s %d", served.method, served.route, served.status, extra=_fields(served))
            return start_response(status, headers, exc_info)

        return respond(environ, start)

    app.wsgi_app = followed  # type: ignore[method-assign]


def _fields(served: ServedRequest) -> dict[str, object]:
    """For logs in fields."""
    return {
        "method": served.method,
        "route": served.route,
        "status": served.status,
        "milliseconds": round(1000 * served.seconds, 2),
    }


def _method(environ: WSGIEnvironment) -> str:
    method: str = environ["REQUEST_METHOD"]
    return method if method in _METHODS else OTHER


def _route(environ: WSGIEnvironment) -> str:
    if route := environ.get(ROUTE):
        return str(route)
    # Flask leaves its request here for as long as it handles it.
    rule = environ["werkzeug.request"].url_rule
    return rule.rule if rule else OTHER

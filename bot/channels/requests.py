"""Follows every request: its id is in all that is logged for it, and its end is logged and counted once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, g, request

from bot.channels.problems import request_id
from bot.logs import current_request

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
    """Begin before whatever else handles requests of the app, and end after it."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_token = current_request.set(request_id())

    @app.after_request
    def end(response: Response) -> Response:
        served = ServedRequest(_method(), _route(), response.status_code, time.perf_counter() - g.began)
        observe(served)
        _log.info("%s %s %d", served.method, served.route, served.status, extra=_fields(served))
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if token := g.pop("request_token", None):
            current_request.reset(token)


def _fields(served: ServedRequest) -> dict[str, object]:
    """For logs in fields."""
    return {
        "method": served.method,
        "route": served.route,
        "status": served.status,
        "milliseconds": round(1000 * served.seconds, 2),
    }


def _method() -> str:
    return request.method if request.method in _METHODS else OTHER


def _route() -> str:
    return request.url_rule.rule if request.url_rule else OTHER

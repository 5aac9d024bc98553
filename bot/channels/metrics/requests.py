"""Metrics of HTTP: requests by method, route and status, and how long they took; those turned away."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.channels.overload import Shed
from bot.channels.requests import ServedRequest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RequestMetrics:
    """Told of every request that was served, or turned away."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "bot_http_requests",
            "Requests served, by the route's template",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "bot_http_request_seconds",
            "From a request's arrival in the worker to its response",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._count_of, self._seconds_of = cache(self._count.labels), cache(self._seconds.labels)
        self._shed = Counter(
            "bot_http_shed",
            "Requests turned away because too many waited",
            ["result"],
            registry=registry,
        )

    def served(self, request: ServedRequest) -> None:
        """A request has its response."""
        self._count_of(request.method, request.route, str(request.status)).inc()
        self._seconds_of(request.route).observe(request.seconds)

    def shed(self, result: Shed) -> None:
        """A request was turned away."""
        self._shed.labels(result).inc()

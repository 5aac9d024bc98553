"""``/metrics`` in Prometheus's format, added up over the workers of one gunicorn.

A metric is one more line in ``Metrics`` and a method that is told what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bot.domain import IndexState

# Of versions that no worker serves any more nothing is left to say.
_ONLY_ABOVE_ZERO = ("bot_index_workers",)


class Metrics:
    """What this process counts; ``folder``: where the workers of one server share it, None = alone."""

    def __init__(self, folder: Path | None = None) -> None:
        own = CollectorRegistry()
        self._index_workers = Gauge(
            "bot_index_workers",
            "Workers that serve an index version",
            ["version"],
            registry=own,
            multiprocess_mode="livesum",
        )
        self._index_built = Gauge(
            "bot_index_built_timestamp_seconds",
            "When the version that serves was built",
            registry=own,
            multiprocess_mode="livemostrecent",
        )
        self._index_swapped = Gauge(
            "bot_index_swapped_timestamp_seconds",
            "When a version last took over",
            registry=own,
            multiprocess_mode="livemostrecent",
        )
        self._index_refusing = Gauge(
            "bot_index_refusing_workers",
            "Workers that keep an older version because the live one cannot serve; /readyz says why",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._index_refusals = Counter(
            "bot_index_refusals",
            "Versions that could not be loaded, counted once by every worker",
            registry=own,
        )
        self._served = ""
        self._refusals = 0
        shared = MultiProcessCollector(None, str(folder)) if folder else None  # type: ignore[no-untyped-call]
        self._all = _Present(shared or own)

    def index_changed(self, state: IndexState) -> None:
        """This process serves another version, or had to refuse one."""
        if state.version != self._served:
            self._serve(state)
        self._index_refusing.set(state.refused is not None)
        self._index_refusals.inc(state.refusals - self._refusals)
        self._refusals = state.refusals

    def _serve(self, state: IndexState) -> None:
        if self._served:
            self._index_workers.labels(self._served).set(0)
        self._index_workers.labels(state.version).set(1)
        self._served = state.version
        self._index_built.set(datetime.fromisoformat(state.built_at).timestamp())
        self._index_swapped.set(state.swapped_at)

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        registry = CollectorRegistry()
        registry.register(self._all)
        return generate_latest(registry)


class _Present(Collector):
    """What another collector gives, without the samples of what is gone."""

    def __init__(self, collector: CollectorRegistry | MultiProcessCollector) -> None:
        self._collector = collector

    def collect(self) -> Iterator[Metric]:
        """All metrics with the samples that are left."""
        for metric in self._collector.collect():
            if metric.name in _ONLY_ABOVE_ZERO:
                metric.samples = [sample for sample in metric.samples if sample.value > 0]
            yield metric


def metrics_blueprint(metrics: Metrics) -> Blueprint:
    """``GET /metrics``."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def text() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    return blueprint

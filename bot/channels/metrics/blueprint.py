"""``/metrics`` in Prometheus's format, added up over the processes of one server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.channels.metrics.answers import AnswerMetrics
from bot.channels.metrics.index import IndexMetrics
from bot.channels.metrics.log import LogMetrics
from bot.channels.metrics.process_values import keep_in_files
from bot.channels.metrics.requests import RequestMetrics
from bot.channels.metrics.shared_folder import SharedCollector
from bot.channels.metrics.wechat import WechatMetrics

# Of versions that no worker serves any more nothing is left to say.
_ONLY_ABOVE_ZERO = ("bot_index_workers",)


class Metrics:
    """What this process counts, by subject; ``folder``: where the server's processes share it, None = alone.

    ``looked_up``: what is not counted but looked up whenever somebody asks.
    """

    def __init__(self, folder: Path | None = None, looked_up: Iterable[Collector] = ()) -> None:
        # Processes that share metrics have none of when each was made; alone it is no different.
        disable_created_metrics()
        if folder:
            keep_in_files()
        own = CollectorRegistry()
        self.requests = RequestMetrics(own)
        self.answers = AnswerMetrics(own)
        self.index = IndexMetrics(own)
        self.log = LogMetrics(own)
        self.wechat = WechatMetrics(own)
        self._collectors = (_Present(SharedCollector(folder) if folder else own), *looked_up)

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        registry = CollectorRegistry()
        for collector in self._collectors:
            registry.register(collector)
        return generate_latest(registry)


class _Present(Collector):
    """What another collector gives, without the samples of what is gone."""

    def __init__(self, collector: CollectorRegistry | SharedCollector) -> None:
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

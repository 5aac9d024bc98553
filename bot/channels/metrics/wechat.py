"""Metrics of WeChat: what it delivers to us, what we call of it, what became of messages, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain import Backlog
from bot.errors import BotError

_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)


class WechatMetrics:
    """Told of deliveries in the workers, of calls and messages in the sender's process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._deliveries = Counter(
            "bot_wechat_deliveries",
            "Deliveries of pushes, by the kind of message and what came of them",
            ["account", "kind", "result"],
            registry=registry,
        )
        self._calls = Counter(
            "bot_wechat_api_calls",
            "Calls of WeChat's API, every try; errcode 0 = it went well",
            ["endpoint", "errcode"],
            registry=registry,
        )
        self._seconds = Histogram(
            "bot_wechat_api_seconds",
            "One call of WeChat's API",
            ["endpoint"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._messages = Counter(
            "bot_wechat_messages",
            "Customer messages handed to WeChat, every attempt",
            ["account", "result"],
            registry=registry,
        )
        self._deliveries_of = cache(self._deliveries.labels)

    def delivered(self, account: str, kind: str, result: str) -> None:
        """WeChat delivered a push."""
        self._deliveries_of(account, kind, result).inc()

    def called(self, endpoint: str, errcode: str, seconds: float) -> None:
        """WeChat's API was called once."""
        self._calls.labels(endpoint, errcode).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def attempted(self, account: str, result: str) -> None:
        """It was tried to send a message."""
        self._messages.labels(account, result).inc()


class OutboxCollector(Collector):
    """What waits in the outbox, looked up when somebody looks: it shows a sender that does not run."""

    def __init__(self, backlog: Callable[[], Iterable[Backlog]]) -> None:
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        """Both metrics; without values while the database cannot say."""
        messages = GaugeMetricFamily(
            "bot_wechat_outbox_messages",
            "Customer messages in the outbox; failed ones are kept for a day",
            labels=["account", "state"],
        )
        overdue = GaugeMetricFamily(
            "bot_wechat_outbox_overdue_seconds",
            "For how long the message that waits longest could have been sent",
            labels=["account"],
        )
        for backlog in self._looked_up():
            for state in ("waiting", "sending", "failed"):
                messages.add_metric([backlog.account, state], getattr(backlog, state))
            overdue.add_metric([backlog.account], backlog.overdue_seconds)
        yield from (messages, overdue)

    def _looked_up(self) -> Iterable[Backlog]:
        try:
            return self._backlog()
        except (BotError, OSError):  # the question log has complained of the same database
            return ()

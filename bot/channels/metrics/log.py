"""Metrics of the question log: whether what was asked reaches the database."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from bot.domain import LogState


class LogMetrics:
    """Told how this process's question log is doing."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._waiting = Gauge(
            "bot_question_log_waiting",
            "Questions that are not in the database yet",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._failing = Gauge(
            "bot_question_log_failing_workers",
            "Workers that cannot write to the database; /readyz says why",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._dropped_count = Counter(
            "bot_question_log_dropped",
            "Questions that were answered but never logged",
            registry=registry,
        )
        self._dropped = 0

    def changed(self, state: LogState) -> None:
        """The log is like this now."""
        self._waiting.set(state.waiting)
        self._failing.set(bool(state.reason))
        self._dropped_count.inc(state.dropped - self._dropped)
        self._dropped = state.dropped

"""Metrics of the index: which version serves where, and what was refused."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from bot.domain import IndexState


class IndexMetrics:
    """Told of every change of this process's index."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._workers = Gauge(
            "bot_index_workers",
            "Workers that serve an index version",
            ["version"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._built = Gauge(
            "bot_index_built_timestamp_seconds",
            "When the version that serves was built",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._swapped = Gauge(
            "bot_index_swapped_timestamp_seconds",
            "When a version last took over",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._refusing = Gauge(
            "bot_index_refusing_workers",
            "Workers that keep an older version because the live one cannot serve; /readyz says why",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._refusal_count = Counter(
            "bot_index_refusals",
            "Versions that could not be loaded, counted once by every worker",
            registry=registry,
        )
        self._served = ""
        self._refusals = 0

    def changed(self, state: IndexState) -> None:
        """This process serves another version, or had to refuse one."""
        if state.version != self._served:
            self._serve(state)
        self._refusing.set(state.refused is not None)
        self._refusal_count.inc(state.refusals - self._refusals)
        self._refusals = state.refusals

    def _serve(self, state: IndexState) -> None:
        if self._served:
            self._workers.labels(self._served).set(0)
        self._workers.labels(state.version).set(1)
        self._served = state.version
        self._built.set(datetime.fromisoformat(state.built_at).timestamp())
        self._swapped.set(state.swapped_at)

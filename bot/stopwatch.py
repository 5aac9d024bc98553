"""Times the stages of work that follow each other."""

from __future__ import annotations

import time

from bot.domain import Stage
from bot.ports import ObserveStage


class Stopwatch:
    """Starts when it is made; costs a microsecond a stage, and what ``observe`` does when it is told."""

    def __init__(self, observe: ObserveStage) -> None:
        self._observe = observe
        self._before: dict[Stage, float] = {}
        self._ended: list[tuple[Stage, float]] = []
        self._since = time.perf_counter()

    def ended(self, stage: Stage) -> None:
        """A stage has ended, and the next begins."""
        now = time.perf_counter()
        self._ended.append((stage, now - self._since + self._before.pop(stage, 0.0)))
        self._since = now

    def interrupted(self, stage: Stage) -> None:
        """A stage will go on after the one that begins now; its time counts when it has ended."""
        now = time.perf_counter()
        self._before[stage] = now - self._since
        self._since = now

    def tell(self) -> None:
        """Have all stages observed that have ended: one after another is faster than each in its time."""
        for stage, seconds in self._ended:
            self._observe(stage, seconds)
        self._ended.clear()

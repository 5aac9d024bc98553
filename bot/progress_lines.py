"""How far long work has come, for a log: a line when a stage begins, at intervals, and when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable

INTERVAL = 10.0


class ProgressLines:
    """A progress that writes plain lines; ``clock`` gives seconds that only grow."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._stage = ("", 0)
        self._began = self._told = 0.0
        self._done = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take note of a step, and tell it if it is time."""
        now = self._clock()
        if (what, total) != self._stage:
            self.finish()
            self._stage, self._began, self._told = (what, total), now, now
            self._write(f"{what}: {total:,} to do" if total > 1 else f"{what} …")
        self._done = done
        if 0 < done < total and now - self._told >= INTERVAL:
            self._told = now
            left = (now - self._began) * (total - done) / done
            self._write(f"{what}: {done:,} of {total:,}, about {_duration(left)} left")

    def finish(self) -> None:
        """Say how long the last stage took, if it came to its end."""
        what, total = self._stage
        if what and self._done >= total:
            self._write(f"{what}: done in {_duration(self._clock() - self._began)}")
        self._stage, self._done = ("", 0), 0


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"

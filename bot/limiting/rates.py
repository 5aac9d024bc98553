"""Rates such as ``60/minute``, and how much of one everybody has left."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.limiting.moments import Moments

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(rf"([1-9]\d{{0,8}}) ?(?:/|per) ?({'|'.join(_UNITS)})")
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Rate:
    """So many times at once, then again one by one, evenly over so many seconds."""

    amount: int
    seconds: int

    @property
    def pause(self) -> int:
        """Nanoseconds from one to the next."""
        return self.seconds * _NANOSECONDS // self.amount


def parse_rate(text: str) -> Rate | None:
    """The rate that a text gives, None for an empty one; raises ValueError."""
    if not text.strip():
        return None
    if not (found := _RATE.fullmatch(text.strip())):
        raise ValueError(
            f"{text!r} is no rate such as 60/minute (second, minute, hour, day); empty = no limit"
        )
    return Rate(int(found[1]), _UNITS[found[2]])


class Allowance:
    """What is left of a rate to each of a kind of callers; no rate = no limit. Safe to share."""

    def __init__(
        self, rate: Rate | None, kind: str, moments: Moments, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """``clock`` in nanoseconds, the same for all processes of the machine."""
        self._rate = rate
        self._kind = kind
        self._moments = moments
        self._clock = clock

    def take(self, who: str) -> int:
        """Seconds after which to try again; 0 = it may be done now, and was counted.

        This is the generic cell rate algorithm (ITU-T I.371, also nginx's): of each caller one moment is
        kept, by which all that was done would have been done at an even pace.
        """
        return self._take(self._rate, who) if self._rate else 0

    def _take(self, rate: Rate, who: str) -> int:
        now = self._clock()
        latest = now + rate.seconds * _NANOSECONDS
        over = self._moments.advance(f"{self._kind}\0{who}", rate.pause, now, latest)
        return math.ceil(over / _NANOSECONDS)

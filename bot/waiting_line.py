"""Who waits for a thread, and since when.

In a line that never empties everybody waits for as long as anybody may, and no more are served than from a
short one; whoever comes after the rush still stands behind all of it. So nobody waits for long in a line that
has stood for a while (K. Nichols, V. Jacobson: Controlling Queue Delay, 2012).
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import takewhile
from typing import Any


@dataclass(frozen=True)
class Patience:
    """Seconds that anybody waits at most, and once the line has not been empty for as long as that."""

    at_most: float
    once_it_stands: float


class Line:
    """First come, first served by so many at once. For one thread alone."""

    def __init__(self, patience: Patience, at_once: int) -> None:
        self._patience = patience
        self._at_once = at_once
        self._members: dict[Hashable, tuple[float, Future[Any]]] = {}
        self._empty_at = float("-inf")

    def __len__(self) -> int:
        """Those who wait, and those whose turn it is."""
        return len(self._members)

    def join(self, who: Hashable, turn: Future[Any]) -> None:
        """Stand at the end until ``turn`` is over."""
        now = time.monotonic()
        if len(self) <= self._at_once:
            self._empty_at = now
        self._members[who] = now, turn

    def leave(self, who: Hashable) -> bool:
        """Whether one stood here."""
        return self._members.pop(who, None) is not None

    def overdue(self, now: float) -> list[Any]:
        """Those who have waited for too long and leave now, their turn cancelled."""
        since = now - self._waiting_at_most(now)
        late = takewhile(lambda member: member[1][0] < since, self._members.items())
        gone = [who for who, (_, turn) in late if turn.cancel()]
        for who in gone:
            del self._members[who]
        return gone

    def _waiting_at_most(self, now: float) -> float:
        stands = now - self._empty_at > self._patience.at_most
        return self._patience.once_it_stands if stands else self._patience.at_most

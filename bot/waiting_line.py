"""Who waits for a thread, and since when."""

from __future__ import annotations

import time
from collections.abc import Hashable
from concurrent.futures import Future
from itertools import takewhile
from typing import Any


class Line:
    """First come, first served; ``patience``: seconds to wait at most. For one thread alone."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._members: dict[Hashable, tuple[float, Future[Any]]] = {}

    def __len__(self) -> int:
        """Those who wait, and those whose turn it is."""
        return len(self._members)

    def join(self, who: Hashable, turn: Future[Any]) -> None:
        """Stand at the end until ``turn`` is over."""
        self._members[who] = time.monotonic() + self._patience, turn

    def leave(self, who: Hashable) -> bool:
        """Whether one stood here."""
        return self._members.pop(who, None) is not None

    def overdue(self, now: float) -> list[Any]:
        """Those who have waited for too long and leave now, their turn cancelled."""
        late = takewhile(lambda member: member[1][0] < now, self._members.items())
        gone = [who for who, (_, turn) in late if turn.cancel()]
        for who in gone:
            del self._members[who]
        return gone

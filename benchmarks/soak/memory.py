"""What each worker takes of memory while it serves."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.performance.footprint import pss_mb
from benchmarks.server import Server
from benchmarks.soak.beside import beside

_EVERY = 2.0


class Memory:
    """Looks at the workers again and again; MB by process id."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.samples: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def watched(self) -> AbstractContextManager[None]:
        """For as long as this lasts."""
        return beside(self._watch)

    def growth(self, early: tuple[float, float], late: tuple[float, float]) -> dict[int, dict[str, float]]:
        """Medians of two spans of time, and the one by the other, of each worker that was there in both."""
        found = {}
        for pid, samples in self.samples.items():
            before, after = ([mb for at, mb in samples if a <= at < b] for a, b in (early, late))
            if before and after:
                first, last = statistics.median(before), statistics.median(after)
                found[pid] = {"before": first, "after": last, "growth": last / first - 1}
        return found

    def _watch(self, stopping: threading.Event) -> None:
        while not stopping.wait(_EVERY):
            for pid in workers(self._server):
                if mb := pss_mb([pid]):
                    self.samples[pid].append((time.monotonic(), mb))


def workers(server: Server) -> list[int]:
    """Process ids, without those of the sender's keeper."""
    return [pid for pid in server.worker_pids() if _is_worker(pid)]


def _is_worker(pid: int) -> bool:
    try:
        return b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False

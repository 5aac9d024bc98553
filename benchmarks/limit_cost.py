"""What it costs a request to be counted, and a key to be looked up, alone and with other workers counting.

python -m benchmarks.limit_cost [--requests 20000] [--workers 4]
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.domain import Scope
from bot.limiting.addresses import caller_at
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate
from bot.store.api_keys import ApiKeyRows
from bot.store.database import Database
from bot.store.known_keys import KnownKeys

RATE = Rate(300, 60)
ADDRESSES = [f"2001:db8:{number:x}::1" for number in range(1000)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        file, times = Path(folder) / "rates", arguments.requests
        _print("counted, one worker", _count(file, times))
        with multiprocessing.get_context("spawn").Pool(arguments.workers) as pool:
            runs = pool.starmap(_count, [(file, times)] * arguments.workers)
        _print(f"counted, {arguments.workers} workers at once", [cost for run in runs for cost in run])
        _print("key looked up", _look_up(Path(folder), times))


def _count(file: Path, times: int) -> list[float]:
    allowance = Allowance(RATE, "address", Moments(file))
    return [_timed(lambda n=n: allowance.take(caller_at(ADDRESSES[n % 1000]))) for n in range(times)]


def _look_up(folder: Path, times: int) -> list[float]:
    with closing(Database(f"sqlite:///{folder}/bot.db")) as database:
        rows = ApiKeyRows(database, time.time)
        secret = rows.create("measured", {Scope.ASK})
        with closing(KnownKeys(lambda: rows, time.time)) as known:
            known.find(secret)
            return [_timed(lambda: known.find(secret)) for _ in range(times)]


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return 1e6 * (time.perf_counter() - started)


def _print(what: str, microseconds: list[float]) -> None:
    percentiles = statistics.quantiles(microseconds, n=100)
    print(f"{what:28} p50 {percentiles[49]:6.1f}   p99 {percentiles[98]:6.1f} µs")


if __name__ == "__main__":
    main()

"""The folder in which the processes of one server add up what they count, each in files of its own.

A process that has ended counts no more, and what it counted is added to one file: crash after crash, the
folder stays small and the sums stay right.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

# Kinds of files whose values add up, and the name of the process that stands for all that have ended.
_ADDED_UP = ("counter", "histogram")
_RETIRED = "retired"


class SharedCollector(Collector):
    """What all processes have counted so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = MultiProcessCollector(None, str(folder))

    def collect(self) -> Iterator[Metric]:
        """All metrics; nobody moves values from file to file meanwhile."""
        with _held(self._folder, fcntl.LOCK_SH):
            metrics = list(self._files.collect())
        yield from metrics


def retire_the_dead(folder: Path) -> None:
    """Keep the counts of processes that have ended, and drop their gauges."""
    with _held(folder, fcntl.LOCK_EX):
        dead = [file for file in folder.glob("*_*.db") if not _is_alive(file.stem.rpartition("_")[2])]
        for kind in _ADDED_UP:
            _add_up(folder / f"{kind}_{_RETIRED}.db", [file for file in dead if _kind(file) == kind])
        for file in dead:
            file.unlink()


def _add_up(sums: Path, files: Sequence[Path]) -> None:
    if not files:
        return
    values: Counter[str] = Counter()
    for file in [*filter(Path.exists, [sums]), *files]:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
            values[key] += value
    partial = sums.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    written = MmapedDict(str(partial))
    for key, value in values.items():
        written.write_value(key, value, 0.0)
    written.close()
    partial.replace(sums)


def _kind(file: Path) -> str:
    return file.name.partition("_")[0]


def _is_alive(process: str) -> bool:
    if process == _RETIRED:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, how)
        yield

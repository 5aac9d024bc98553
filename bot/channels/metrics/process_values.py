"""The numbers of one process, in a file that all processes of the server read."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import values


class _ProcessId:
    """Told without asking the system, which prometheus_client does whenever something is counted."""

    def __init__(self) -> None:
        self._learn()
        os.register_at_fork(after_in_child=self._learn)

    def __call__(self) -> int:
        return self._process_id

    def _learn(self) -> None:
        self._process_id = os.getpid()


@cache
def keep_in_files() -> None:
    """For all metrics that are made from now on, where their folder was named: see ``share_metrics``."""
    values.ValueClass = values.MultiProcessValue(_ProcessId())

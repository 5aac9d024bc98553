"""Work in a fork of this process, with one mutant in place of the function it was made of."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from mutmut.mutation import trampoline

# In place of a mutant: the trampolines in the code note who comes by.
STATISTICS = "stats"
_STUCK_SECONDS = 240


def in_fork(work: Callable[[], int], mutant: str, seconds: int) -> int:
    """Its status, as ``waitpid`` gives it, after what it started has ended too."""
    sys.stdout.flush()
    if not (pid := os.fork()):
        _alone(work, mutant, seconds)
    _, status = os.waitpid(pid, 0)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return status


def _alone(work: Callable[[], int], mutant: str, seconds: int) -> None:
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY) if mutant != STATISTICS else 2, 1)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(_STUCK_SECONDS + 10 * seconds)
    trampoline.set_mutant_under_test(mutant)
    try:
        os._exit(min(work(), 1))
    except BaseException:
        os._exit(1)

"""The bot's own processes: kept running beside the service, and stopped with it.

The server's own process looks after them, since nothing else outlives all others; by a timer, since
workers are forked from it, and a fork beside a thread may stop for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from bot.resting import rest_when_contended

_CHECK_SECONDS = 0.5
# Behind those that answer. A thread among them steps back a little only: what it holds, they wait for.
_THREAD_NICENESS = 5
# Of a build, where the system knows no policy for what may wait for everybody else.
_BUILD_NICENESS = 10


def bot_command(*arguments: str, module: str = "flask") -> list[str]:
    """``flask --app wsgi …`` with the Python that runs now."""
    return [sys.executable, "-m", module, "--app", "wsgi", *arguments]


def step_back() -> None:
    """Let this thread run behind those that answer; only Linux knows priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _THREAD_NICENESS)


def step_back_wholly(but: Collection[int] = ()) -> None:
    """Let this process have what others leave of the processor, with the threads that libraries have started.

    ``but``: native ids of threads that hold what others wait for, a database say: one that has stepped back
    may get no turn to let go of it. For the main thread.
    """
    if sys.platform != "linux":
        os.setpriority(os.PRIO_PROCESS, 0, _BUILD_NICENESS)
        return
    tasks = {int(task.name) for task in Path("/proc/self/task").iterdir()}
    for thread in tasks.difference(but):
        with suppress(ProcessLookupError):  # it has just ended
            # Niceness would not do: who wakes to answer waits until the slice of whoever runs is over.
            os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    rest_when_contended()


class Companions:
    """Commands of the bot that run beside the server until ``stop``; one that dies is started again."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._running: dict[str, subprocess.Popen[bytes] | None] = dict.fromkeys(commands)

    def keep(self) -> None:
        """Start them, and look after them from now on; for the main thread of a process."""
        if self._running:
            signal.signal(signal.SIGALRM, lambda *_: self._start_missing())
            signal.setitimer(signal.ITIMER_REAL, _CHECK_SECONDS, _CHECK_SECONDS)
            self._start_missing()

    def stop(self) -> None:
        """Let them finish what they have begun, by themselves."""
        if self._running:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for process in self._running.values():
            if process is not None:
                process.terminate()

    def _start_missing(self) -> None:
        for command, process in self._running.items():
            if process is None or process.poll() is not None:
                # It need not find out by itself whose it is: while it starts, that one may end.
                words = bot_command(*command.split(), "--beside", str(os.getpid()))
                self._running[command] = subprocess.Popen(words)  # noqa: S603 - our own command  # nosec B603


def supervise(command: str) -> None:
    """Keep a command of the bot running, and stop it with whoever started this process."""
    parent, stopping = os.getppid(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    companions = Companions([command])
    companions.keep()
    while not is_orphan_of(parent) and not stopping.wait(_CHECK_SECONDS):
        pass
    companions.stop()


def interrupt_on_sigterm() -> None:
    """Let SIGTERM end what the main thread does as Ctrl-C would, so that it tidies up."""
    signal.signal(signal.SIGTERM, _interrupt)


def is_orphan_of(parent: int) -> bool:
    """Whether the process that started this one has ended."""
    return os.getppid() != parent


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

"""The bot's own processes: kept running beside the service, and stopped with it.

``python -m bot.processes wechat send`` keeps ``flask --app wsgi wechat send`` running, without the memory
that the program itself takes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

_CHECK_SECONDS = 0.5
# Builds leave the processor to whoever answers questions.
NICENESS = 5


def bot_command(*arguments: str) -> list[str]:
    """``flask --app wsgi …`` with the Python that runs now."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def step_back() -> None:
    """Let this thread run behind those that answer; only Linux knows priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def supervise(*arguments: str) -> None:
    """Keep a command of the bot running, and stop it with whoever started this process."""
    parent, stopping = os.getppid(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    while _goes_on(parent, stopping):
        process = subprocess.Popen(bot_command(*arguments))  # noqa: S603 - our own command  # nosec B603
        while process.poll() is None and _goes_on(parent, stopping):
            time.sleep(_CHECK_SECONDS)
        # It finishes what it has begun, by itself.
        process.terminate()


def interrupt_on_sigterm() -> None:
    """Let SIGTERM end what the main thread does as Ctrl-C would, so that it tidies up."""
    signal.signal(signal.SIGTERM, _interrupt)


def is_orphan_of(parent: int) -> bool:
    """Whether the process that started this one has ended."""
    return os.getppid() != parent


def _goes_on(parent: int, stopping: threading.Event) -> bool:
    return not is_orphan_of(parent) and not stopping.is_set()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    supervise(*sys.argv[1:])

"""Runs a command of the bot that rests whenever others want the processor: ``python -m bot.resting …``.

Who runs in every gap that others leave drives what they need out of the processor's caches, and is in the
way of those who come all at once. It begins before anything is imported, which is a good part of a rebuild.
"""

from __future__ import annotations

import atexit
import runpy
import signal
import time
from types import FrameType

# So often of its own processor time, in seconds, it looks whether the clock went on this many times as far:
# then others want the processor too, and it rests. At worst a rebuild takes three times as long for that.
_LOOK_EVERY, _CONTENDED, _REST = 0.01, 1.5, 0.03


def rest_when_contended() -> None:
    """From now on, in the main thread, from which it must be called."""
    looked = time.monotonic()

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal looked
        if time.monotonic() - looked > _CONTENDED * _LOOK_EVERY:
            time.sleep(_REST)
        looked = time.monotonic()

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, _LOOK_EVERY, _LOOK_EVERY)
    # An interpreter that ends has no handlers any more: the next signal would kill it, its work done.
    atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    rest_when_contended()
    runpy.run_module("flask", run_name="__main__", alter_sys=True)

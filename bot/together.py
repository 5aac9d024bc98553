"""Short work that waits for the same thing, side by side in one thread.

All that has come is begun, one after the other, before any of it goes on: what they wait for is then done for
all of them at once, and nothing is handed from thread to thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from greenlet import getcurrent, greenlet

# The first one's reply waits until the last one is begun.
AT_MOST = 16


def let_others_begin() -> None:
    """Called before a wait that others may share; does nothing in a thread of one's own."""
    current = getcurrent()
    if isinstance(current, _Member) and current.parent:
        current.parent.switch()


class Together(Executor):
    """An executor of one thread, which begins all that is there."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[_Turn] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, act: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:  # noqa: ANN401
        """Have it done; it may be cancelled until it is begun."""
        turn = _Turn(Future(), lambda: act(*args, **named))
        self._asked.put(turn)
        if self._thread is None:
            self._start()
        return turn.future

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="together", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            company = [_Member(turn.take) for turn in self._next()]
            while company:
                for each in company:
                    each.switch()
                company = [each for each in company if not each.dead]

    def _next(self) -> list[_Turn]:
        turns = [self._asked.get()]
        try:
            while len(turns) < AT_MOST:
                turns.append(self._asked.get_nowait())
        except Empty:
            pass
        return turns


class _Member(greenlet):
    """One of those that are begun together."""


@dataclass(frozen=True)
class _Turn:
    future: Future[Any]
    act: Callable[[], Any]

    def take(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.act()
        except BaseException as error:  # whoever asked is told, and the others go on
            self.future.set_exception(error)
        else:
            self.future.set_result(result)

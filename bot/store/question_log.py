"""The question log's way to the database: through memory, so that no answer waits for it.

Each worker has one thread that writes what has come in, some rows a transaction, a tenth of a second later.
Killed, a worker loses that much. While the database fails, the newest questions wait and the oldest go.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.domain import LoggedQuestion, LogState
from bot.errors import BotError

STOPPING_SECONDS = 5.0
CHORES_EVERY = 60.0
# A batch this small holds the write lock of SQLite, and the interpreter, for a millisecond; then others may.
BATCH = 32
BETWEEN_BATCHES = 0.005
WAITING_AT_MOST = 5000
_log = logging.getLogger(__name__)

Store = Callable[[Sequence[LoggedQuestion]], None]
# Long work in short steps: it is given what to call between them, so that the log goes on.
Chores = Callable[[Callable[[], None]], None]


def no_chores(_between_steps: Callable[[], None]) -> None:
    """For a log that has nothing else to do."""


@dataclass(frozen=True)
class Pace:
    """Seconds. ``gathering``: between a question and writing it, so that its answer is on its way before, and
    questions that come together share a batch; ``retry``: when writing failed; ``idle``: how often it is
    looked whether the database is still there when nobody asks anything.
    """

    gathering: float = 0.1
    retry: float = 1.0
    idle: float = 10.0


class QuestionLog:
    """What was asked, on its way; one for each process. Opens the database with the first question."""

    def __init__(
        self,
        store: Store,
        chores: Chores = no_chores,
        pace: Pace | None = None,
        waiting_at_most: int = WAITING_AT_MOST,
        observe: Callable[[LogState], None] = lambda state: None,
    ) -> None:
        """``store`` puts a batch into the database, ``chores`` what else is to be done from time to time.

        Both may raise BotError or OSError, and are tried again. ``observe`` is told the state every time.
        """
        self._store = store
        self._chores = chores
        self._pace = pace or Pace()
        self._at_most = waiting_at_most
        self._observe = observe
        self._waiting: deque[LoggedQuestion] = deque()
        self._dropped = 0
        self._reason = ""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, question: LoggedQuestion) -> None:
        """Log it within the second; takes microseconds, and never fails."""
        with self._lock:
            self._waiting.append(question)
            self._drop_oldest()
        self.start()
        if not self._wake.is_set():
            self._wake.set()

    def start(self) -> None:
        """Start the thread, unless it runs; it is another one after a fork."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
                return
            if self._thread is None:
                atexit.register(self.close)
            self._thread = threading.Thread(target=self._run, name="question-log", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what is waiting, if the database lets it, and stop."""
        atexit.unregister(self.close)
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(STOPPING_SECONDS)
        if self._waiting:
            _log.error("stopped with %d questions not logged: %s", len(self._waiting), self._reason)

    @property
    def state(self) -> LogState:
        """How it is doing."""
        return LogState(len(self._waiting), self._dropped, self._reason)

    def _run(self) -> None:
        next_chores = 0.0
        while not self._stopping.is_set():
            self._write_all()
            if not self._reason and time.monotonic() >= next_chores:
                next_chores = time.monotonic() + CHORES_EVERY
                self._attempt(partial(self._chores, self._between_steps))
            self._observe(self.state)
            self._rest()
        self._write_all()
        self._observe(self.state)

    def _between_steps(self) -> None:
        time.sleep(BETWEEN_BATCHES)
        if self._waiting:
            self._write_all()

    def _rest(self) -> None:
        if self._reason:
            self._stopping.wait(self._pace.retry)
        elif self._wake.wait(self._pace.idle):
            self._stopping.wait(self._pace.gathering)
        self._wake.clear()

    def _write_all(self) -> None:
        """Also with nothing to write: to know whether one could."""
        while True:
            batch = self._take()
            if not self._attempt(partial(self._store, batch)):
                self._put_back(batch)
                return
            self._recovered()
            if not self._waiting:
                return
            time.sleep(BETWEEN_BATCHES)

    def _attempt(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (BotError, OSError) as error:
            self._failed(str(error))
        except Exception as error:  # a thread that dies would log nothing any more
            _log.exception("the question log failed")
            self._failed(repr(error))
        else:
            return True
        return False

    def _failed(self, reason: str) -> None:
        """Say so once, however often it is tried."""
        if reason != self._reason:
            _log.error("answering without a question log: %s", reason)
        self._reason = reason

    def _recovered(self) -> None:
        if self._reason:
            _log.warning("logging questions again; %d were dropped since the start", self._dropped)
        self._reason = ""

    def _take(self) -> list[LoggedQuestion]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _put_back(self, batch: list[LoggedQuestion]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(batch))
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._waiting) > self._at_most:
            self._waiting.popleft()
            self._dropped += 1

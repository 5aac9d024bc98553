"""Turns of conversations that could not be written at once: kept in memory, written when no answer waits."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import Conversation
from bot.errors import BotError
from bot.ports import Conversations

RETRY_SECONDS = 0.1
STOPPING_SECONDS = 5.0
KEPT_AT_MOST = 5000
_Key = tuple[str, str]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Turn:
    """What is to be remembered, and when it was said (seconds since the epoch)."""

    talk: Conversation
    said_at: float


class LateTurns:
    """This process's turns that are not written yet, the newest of each session. Threads may share it."""

    def __init__(self, open_store: Callable[[], Conversations], clock: Callable[[], float]) -> None:
        """``open_store`` gives a store that may be waited for; ``clock`` is the store's."""
        self._open_store = open_store
        self._clock = clock
        self._turns: dict[_Key, _Turn] = {}
        self._is_out = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        atexit.register(self.close)

    @property
    def is_out(self) -> bool:
        """Whether the store could not be read lately, and has not been since."""
        return self._is_out

    def __len__(self) -> int:
        return len(self._turns)

    def find(self, channel: str, user: str) -> Conversation | None:
        """What is not written yet of a session."""
        turn = self._turns.get((channel, user))
        return turn.talk if turn else None

    def add(self, channel: str, user: str, talk: Conversation) -> None:
        """Write it as soon as the store lets it; takes microseconds."""
        with self._lock:
            # The newest come last: of too many, the oldest go.
            self._turns.pop((channel, user), None)
            self._turns[channel, user] = _Turn(talk, self._clock())
            lost = len(self._turns) - KEPT_AT_MOST
            for key in list(self._turns)[: max(lost, 0)]:
                del self._turns[key]
        if lost > 0:
            _log.error("a turn is lost: more than %d wait for the store", KEPT_AT_MOST)
        self._start()

    def note_outage(self) -> None:
        """Leave the store alone until it can be read again, which is tried in the background."""
        self._is_out = True
        self._start()

    def close(self) -> None:
        """Write what is waiting, if the store lets it."""
        atexit.unregister(self.close)
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(STOPPING_SECONDS)
        if self._turns:
            _log.error("stopped with the turns of %d conversations not written", len(self._turns))

    def _start(self) -> None:
        with self._lock:
            # Not alive after a fork either.
            if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(target=self._run, name="late-turns", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            is_done = self._attempt()
            with self._lock:
                if is_done and not self._turns and not self._is_out:
                    self._thread = None
                    return
            if not is_done and self._stopping.wait(RETRY_SECONDS):
                self._attempt()
                return

    def _attempt(self) -> bool:
        try:
            store = self._open_store()
            store.recall("", "")
            self._is_out = False
            for key, turn in list(self._turns.items()):
                store.keep_late(*key, turn.talk, turn.said_at)
                self._forget(key, turn)
        except (BotError, OSError):
            return False
        return True

    def _forget(self, key: _Key, written: _Turn) -> None:
        with self._lock:
            if self._turns.get(key) is written:
                del self._turns[key]

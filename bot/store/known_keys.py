"""The API's keys in a worker's memory, so that no answer waits for the database or fails with it.

One thread reads them again every few seconds, and notes now and then which were used. It starts with the
first key that somebody sends. A key that was revoked opens nothing after that time; while the database
fails, those keys go on that were known.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import ApiKey
from bot.errors import BotError
from bot.store.api_keys import ApiKeyRows, digest

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyPace:
    """Seconds. ``reading``: between two looks at the table; ``noting``: between two notes of what was used;
    ``asking``: how often a key that nobody knows may have the table looked at at once, for it may be new.
    """

    reading: float = 5.0
    noting: float = 60.0
    asking: float = 1.0


class KnownKeys:
    """A ``bot.ports.ApiKeys``; one for each process. Safe to share between threads."""

    def __init__(
        self, open_rows: Callable[[], ApiKeyRows], clock: Callable[[], float], pace: KeyPace | None = None
    ) -> None:
        self._open_rows = open_rows
        self._clock = clock
        self._pace = pace or KeyPace()
        self._known: dict[str, ApiKey] | None = None
        self._used: dict[str, float] = {}
        self._failure = BotError()
        self._ask_again_at = 0.0
        self._reading = threading.Lock()
        self._is_closed = threading.Event()
        self._reader: threading.Thread | None = None

    def find(self, secret: str) -> ApiKey | None:
        """The valid key that this is; raises StoreError when no key was ever read."""
        now, sought = self._clock(), digest(secret)
        key = (self._known or {}).get(sought) or self._asked(sought)
        if key is None or not key.is_valid(now):
            return None
        self._used[key.name] = now
        return key

    def close(self) -> None:
        """Stop reading, and note what was used."""
        self._is_closed.set()
        if self._reader is not None:
            self._reader.join()
            self._quietly(self._note_used)

    def _asked(self, sought: str) -> ApiKey | None:
        """Look into the table at once, but for made-up keys not more often than is good for it."""
        if not self._reading.acquire(blocking=self._known is None):
            return None  # somebody else is looking
        try:
            if time.monotonic() >= self._ask_again_at:
                self._ask()
        finally:
            self._reading.release()
        if self._known is None:
            raise self._failure
        return self._known.get(sought)

    def _ask(self) -> None:
        try:
            self._read()
        except BotError as error:
            self._failure = error
        self._ask_again_at = time.monotonic() + self._pace.asking
        if self._reader is None:
            self._reader = threading.Thread(target=self._go_on, name="known-keys", daemon=True)
            self._reader.start()

    def _read(self) -> None:
        self._known = self._open_rows().by_digest()

    def _go_on(self) -> None:
        noted_at = time.monotonic()
        while not self._is_closed.wait(self._pace.reading):
            self._quietly(self._read)
            if time.monotonic() - noted_at >= self._pace.noting:
                self._quietly(self._note_used)
                noted_at = time.monotonic()

    def _note_used(self) -> None:
        used, self._used = self._used, {}
        if used:
            try:
                self._open_rows().note_used(used)
            except BotError:
                self._used = used | self._used
                raise

    def _quietly(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (BotError, OSError) as error:
            _log.error("the API's keys stay as they are known: %s", error)

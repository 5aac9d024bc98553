"""The version that serves: loaded on first use, replaced when the pointer moves, kept when that fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bot.errors import IndexUnusableError, ModelError
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.versions import VersionStore

_log = logging.getLogger(__name__)
CHECK_EVERY = 1.0


class LiveIndex:
    """Calling it gives the live version. One request keeps the version it was given."""

    def __init__(
        self,
        store: VersionStore,
        load: Callable[[str], LoadedIndex],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: LoadedIndex | None = None
        self._complaint = ""
        self._checked_at = float("-inf")

    def __call__(self) -> LoadedIndex:
        """The live version; raises IndexUnusableError or ModelError when none ever loaded."""
        loaded = self._loaded
        if loaded is not None and self._clock() - self._checked_at < CHECK_EVERY:
            return loaded
        if not self._lock.acquire(blocking=loaded is None):
            return loaded or self()  # another thread is loading; the version at hand still serves
        try:
            return self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> LoadedIndex:
        try:
            loaded = self._follow_pointer()
            self._complaint = ""
        except (IndexUnusableError, ModelError) as error:
            if self._loaded is None:
                raise
            loaded = self._loaded
            self._complain(f"keeping index {loaded.version}: {error}")
        self._loaded = loaded
        self._checked_at = self._clock()
        return loaded

    def _follow_pointer(self) -> LoadedIndex:
        version = self._store.current()
        if self._loaded is not None and self._loaded.version == version:
            return self._loaded
        loaded = self._load(version)
        _log.info("serving index %s", version)
        return loaded

    def _complain(self, complaint: str) -> None:
        """Log it once, however often the same version is tried."""
        if complaint != self._complaint:
            _log.error("%s", complaint)
        self._complaint = complaint

"""The version that serves: replaced by a thread beside the requests when the pointer moves, kept when that
fails. Requests never wait for a load but the first. Who starts while the live version cannot serve takes
the one that was live before.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

from bot.domain import IndexState, Refusal
from bot.errors import BotError, IndexMissingError, IndexUnusableError
from bot.retrieval.history import succession
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.versions import MANIFEST_FILE, REMEDY, VersionStore

_log = logging.getLogger(__name__)
# Seconds between two looks at the pointer, give or take this share of them: workers that look at the same
# moment would all load at the same moment.
CHECK_EVERY = 0.3
_SPREAD = 0.5
# A version that was refused is tried again when its files have changed, and after so many seconds: what
# it lacked may lie elsewhere (the model).
TRY_AGAIN_AFTER = 15.0

# Names, sizes and times of a version's files.
_Look = frozenset[tuple[str, int, int]]


class LiveIndex:
    """Calling it gives the live version. Whoever has got one keeps it: nothing in it changes.

    ``load`` makes a version ready to answer; ``observe`` is told whenever ``state`` has changed. The thread
    starts with the first call, in whichever process that is, and ends with the process or this object.
    """

    def __init__(
        self,
        store: VersionStore,
        load: Callable[[str], LoadedIndex],
        clock: Callable[[], float] = time.time,
        observe: Callable[[IndexState], None] = lambda state: None,
        check_every: float = CHECK_EVERY,
    ) -> None:
        self._store = store
        self._load = load
        self._clock = clock
        self._observe = observe
        self._check_every = check_every
        self._lock = threading.Lock()
        self._loaded: LoadedIndex | None = None
        self._error: BotError | None = None
        self._refused_look: _Look = frozenset()
        self._refused_at = float("-inf")
        self._thread: threading.Thread | None = None
        self.state = IndexState()

    def __call__(self) -> LoadedIndex:
        """The live version; raises IndexUnusableError or ModelError while none has ever loaded."""
        # Of a process that was forked, only the thread that forked it lives on.
        if self._thread is None or not self._thread.is_alive():
            self._start()
        return self._loaded or self._first()

    def _first(self) -> LoadedIndex:
        self.check()
        if self._loaded is None:
            raise (self._error or IndexMissingError(REMEDY)).with_traceback(None)
        return self._loaded

    def _start(self) -> None:
        arguments = weakref.ref(self), self._check_every
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_follow, args=arguments, name="live-index", daemon=True
                )
                self._thread.start()

    def check(self) -> None:
        """Look where the pointer points; load what it names, unless that serves or was refused as it is."""
        with self._lock:
            try:
                self._follow_pointer()
            except BotError as error:
                self._refuse("", error)

    def _follow_pointer(self) -> None:
        version = self._store.current()
        if self._loaded is not None and self._loaded.version == version:
            self._require_present(version)
            self._accept()
        elif not self._was_refused(version):
            self._try(version)

    def _require_present(self, version: str) -> None:
        """What serves lies in memory, but no worker could start with it any more."""
        if not (self._store.folder / version / MANIFEST_FILE).is_file():
            raise IndexMissingError(
                "index %(version)s is gone from %(folder)s; %(remedy)s",
                version=version,
                folder=self._store.folder,
                remedy=REMEDY,
            )

    def _was_refused(self, version: str) -> bool:
        """Whether trying again would be in vain: the same version, looking the same, a moment ago."""
        refused = self.state.refused
        is_same = refused is not None and refused.version == version
        is_recent = abs(self._clock() - self._refused_at) < TRY_AGAIN_AFTER
        return is_same and is_recent and self._refused_look == _look(self._store.folder / version)

    def _try(self, version: str) -> None:
        self._refused_look = _look(self._store.folder / version)
        self._refused_at = self._clock()
        try:
            loaded = self._load(version)
        except BotError as error:
            self._refuse(version, error)
        except Exception as error:
            _log.exception("index %s", version)
            self._refuse(
                version,
                IndexUnusableError(
                    "index %(version)s fails (%(error)s); %(remedy)s",
                    version=version,
                    error=repr(error),
                    remedy=REMEDY,
                ),
            )
        else:
            self._serve(loaded, refused=None)

    def _serve(self, loaded: LoadedIndex, refused: Refusal | None) -> None:
        _log.info("serving index %s", loaded.version)
        self._loaded = loaded
        self._tell(IndexState(loaded.version, loaded.built_at, self._clock(), refused, self.state.refusals))

    def _accept(self) -> None:
        """The pointer names what serves, be it again."""
        if self.state.refused is not None:
            self._tell(replace(self.state, refused=None))

    def _refuse(self, version: str, error: BotError) -> None:
        """Log and tell it once, however often the same is tried."""
        complaint = str(error)
        is_known = self.state.refused is not None and self.state.refused.reason == complaint
        self._error = error
        if is_known:
            return
        serving = f"keeping index {self.state.version}" if self.state.version else "no index serves"
        _log.error("%s: %s", serving, complaint)
        refused = Refusal(version, complaint)
        self._tell(replace(self.state, refused=refused, refusals=self.state.refusals + 1))
        if self._loaded is None:
            self._fall_back(refused)

    def _fall_back(self, refused: Refusal) -> None:
        """In a process that has just started: serve the last version that was live and still can serve."""
        for version in reversed(succession(self._store.history.events())):
            if version != refused.version and self._loaded is None:
                with suppress(Exception):
                    self._serve(self._load(version), refused)

    def _tell(self, state: IndexState) -> None:
        self.state = state
        self._observe(state)


def _follow(reference: weakref.ref[LiveIndex], check_every: float) -> None:
    """Check again and again, whatever happens, as long as anybody uses the live index."""
    # Not the shared generator: whoever seeds that one counts on nobody else drawing from it.
    chance = Random()  # noqa: S311 - spreads looks, no secret  # nosec B311
    while True:
        time.sleep(check_every * chance.uniform(1 - _SPREAD, 1 + _SPREAD))
        live = reference()
        if live is None:
            return
        try:
            live.check()
        except Exception:
            _log.exception("the live index could not be checked")
        del live


def _look(folder: Path) -> _Look:
    """Nothing where there is no such folder."""
    try:
        stats = [(path.name, path.stat()) for path in folder.iterdir()]
    except (OSError, ValueError):
        return frozenset()
    return frozenset((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)

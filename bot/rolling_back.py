"""Makes an older version live again: at once, without building, and only if it loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import IndexMissingError, IndexUnusableError, ModelError
from bot.retrieval.history import Action, Event, succession
from bot.retrieval.locking import pointer_lock
from bot.retrieval.versions import VersionStore
from bot.sentences import Sentence, joined

_LIST = "flask --app wsgi index list"
_PUBLISH = 'flask --app wsgi index publish {version} --reason "…"'


@dataclass(frozen=True)
class RolledBack:
    """The version that is live now, the one before (empty: none), and what could not be loaded on the way."""

    version: str
    before: str
    passed_over: tuple[str, ...] = ()


def roll_back(
    store: VersionStore, version: str, by: str, now: datetime, load: Callable[[str], object], reason: str = ""
) -> RolledBack:
    """Make ``version`` live, or without a name the newest one before the live one that ``load`` can load.

    ``by`` and ``reason`` are kept in the history.
    Raises IndexUnusableError or ModelError where nothing can be loaded; what is live stays live then.
    """
    with pointer_lock(store.folder):
        before = store.current_name()
        if version in store.rejected.names():
            remedy = _PUBLISH.format(version=version)
            raise IndexUnusableError(
                "index %(version)s was rejected; to publish it all the same: %(remedy)s",
                version=version,
                remedy=remedy,
            )
        candidates = [version] if version else earlier(store)
        if not candidates:
            raise IndexMissingError(
                "no version was live before %(before)s; see: %(command)s",
                before=before or Sentence("any"),
                command=_LIST,
            )
        found, passed_over = _first_loaded(candidates, load)
        if found != before:
            at = now.isoformat(timespec="seconds")
            store.record(Event(at, Action.ROLL_BACK, found, before=before, by=by, reason=reason))
            store.publish(found)
    return RolledBack(found, before, passed_over)


def earlier(store: VersionStore) -> list[str]:
    """Versions to roll back to, nearest first: what was live before, but not what was rolled back from."""
    names, live = store.names(), store.current_name()
    line = succession(store.history.events())
    if live in line:
        known = line[: line.index(live)]
        # From before there was a history.
        older = [name for name in names if name < min(line)]
        return [name for name in [*older, *known] if name in names][::-1]
    return [name for name in names if name < live or not live][::-1]


def _first_loaded(candidates: list[str], load: Callable[[str], object]) -> tuple[str, tuple[str, ...]]:
    complaints: list[str] = []
    for version in candidates:
        try:
            load(version)
            return version, tuple(complaints)
        except (IndexUnusableError, ModelError) as error:
            complaints.append(str(error))
    raise IndexUnusableError(
        joined([*complaints, Sentence("what is live stays so; see: %(command)s", command=_LIST)])
    )

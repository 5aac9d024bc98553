"""Makes a rejected version live as it was kept, because somebody answers for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import IndexUnusableError
from bot.pruning import forget_rejection, report_path
from bot.retrieval.history import Action, Event
from bot.retrieval.locking import pointer_lock
from bot.retrieval.versions import VersionStore

_LIST = "flask --app wsgi index list"
_BUILD = "flask --app wsgi index build"


@dataclass(frozen=True)
class Approval:
    """Who answers for a version that failed the gate, and why it is published all the same."""

    by: str
    reason: str


def publish_rejected(
    store: VersionStore, version: str, approval: Approval, now: datetime, load: Callable[[str], object]
) -> str:
    """Make a rejected version live if ``load`` can load it; the version that was live before, if any.

    Raises IndexUnusableError or ModelError where it was not built or does not load; what is live stays live.
    """
    with pointer_lock(store.folder):
        _require_kept(store, version)
        load(version)
        event = _event(store, version, approval, now)
        store.rejected.move(version, store)
        store.record(event)
        store.publish(version)
        forget_rejection(store, version)
    return event.before


def _require_kept(store: VersionStore, version: str) -> None:
    if version in store.rejected.names():
        return
    if report_path(store, version).exists():
        raise IndexUnusableError(
            "index %(version)s was never built: its knowledge has errors; mend them, then run: %(command)s",
            version=version,
            command=_BUILD,
        )
    raise IndexUnusableError(
        "index %(version)s is not among the rejected ones; see: %(command)s", version=version, command=_LIST
    )


def _event(store: VersionStore, version: str, approval: Approval, now: datetime) -> Event:
    """With what it was built from and what it failed, as its rejection told."""
    told = [event for event in store.history.events() if event.version == version]
    last = told[-1] if told else Event("", Action.REJECT, version)
    return Event(
        at=now.isoformat(timespec="seconds"),
        action=Action.PUBLISH_REJECTED,
        version=version,
        before=store.current_name(),
        knowledge=last.knowledge,
        checks=last.checks,
        by=approval.by,
        reason=approval.reason,
        note=last.note,
    )

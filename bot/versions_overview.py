"""The versions of an index folder as an operator looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.checks import CheckRun
from bot.errors import IndexMissingError, IndexUnusableError
from bot.pruning import check_runs, rejected_names, report_path
from bot.retrieval.history import Event, forced
from bot.retrieval.versions import IndexManifest, VersionStore
from bot.sentences import Sentence

LIVE = "live"
_SEVERAL = "%(name)s may be %(versions)s; see: flask --app wsgi index list"
_UNKNOWN = "%(name)s is no version; see: flask --app wsgi index list"


class State(StrEnum):
    """What a version is to customers."""

    LIVE = "live"
    PREVIOUS = "previous"
    REJECTED = "rejected"


@dataclass(frozen=True)
class VersionRow:
    """One version. ``manifest`` is None where ``complaint`` says why it cannot be read."""

    name: str
    state: State
    manifest: IndexManifest | None
    complaint: str
    run: CheckRun | None
    forced: Event | None


def overview(store: VersionStore) -> list[VersionRow]:
    """All versions, newest first."""
    leave = forced(store.history.events())
    live = store.current_name()
    states = {name: State.REJECTED for name in rejected_names(store)}
    states |= {name: State.LIVE if name == live else State.PREVIOUS for name in store.names()}
    return [_row(store, name, state, leave.get(name)) for name, state in sorted(states.items(), reverse=True)]


def place_of(store: VersionStore, name: str) -> VersionStore:
    """The store a version is in: this one, or that of the rejected ones."""
    return store.rejected if name in store.rejected.names() else store


def resolve(store: VersionStore, name: str) -> str:
    """The version meant by its name, by a part of it that no other has, or by ``live``.

    Raises IndexMissingError where there is none or more than one.
    """
    if name == LIVE:
        return store.current()
    names = [*store.names(), *rejected_names(store)]
    found = [name] if name in names else [other for other in names if name in other]
    if len(found) != 1:
        template = _SEVERAL if found else _UNKNOWN
        raise IndexMissingError(template, name=repr(name), versions=" or ".join(found))
    return found[0]


def _row(store: VersionStore, name: str, state: State, leave: Event | None) -> VersionRow:
    manifest, complaint = None, ""
    try:
        manifest = place_of(store, name).manifest(name)
    except IndexUnusableError as error:
        report = report_path(store, name)
        complaint = Sentence("not built, see %(report)s", report=report) if report.exists() else str(error)
    return VersionRow(name, state, manifest, complaint, check_runs(store).of(name), leave)

"""Deletes old versions: never the live one, nor one that a worker may be loading or just leaving."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from bot.checks import CheckRuns
from bot.retrieval.locking import pointer_lock
from bot.retrieval.versions import VersionStore

CHECKS_FOLDER = "checks"
REPORT_SUFFIX = ".txt"
_LOADING = timedelta(minutes=1)


def check_runs(store: VersionStore) -> CheckRuns:
    """Where the results of the checks are kept, of published and of rejected versions."""
    return CheckRuns(store.folder / CHECKS_FOLDER)


def report_path(store: VersionStore, version: str) -> Path:
    """Where the rejection of a version is told."""
    return store.rejected.folder / f"{version}{REPORT_SUFFIX}"


def rejected_names(store: VersionStore) -> list[str]:
    """Names of rejected versions, oldest first, built or not."""
    reports = {path.stem for path in store.rejected.folder.glob(f"*{REPORT_SUFFIX}")}
    return sorted({*store.rejected.names(), *reports})


def prune(store: VersionStore, keep: int, now: datetime) -> list[str]:
    """Delete all but the newest ``keep`` old versions and as many rejected ones; the names.

    Raises IndexUnusableError or OSError where the folder cannot be written.
    """
    with pointer_lock(store.folder):
        spared = _spared(store, now)
        old = [name for name in store.names() if name != store.current_name()]
        gone = [name for name in old[: max(len(old) - keep, 0)] if name not in spared]
        for name in gone:
            store.remove(name)
        return gone + _prune_rejected(store, keep)


def _spared(store: VersionStore, now: datetime) -> set[str]:
    recent = [e for e in store.history.events() if now - datetime.fromisoformat(e.at) < _LOADING]
    return {name for event in recent for name in (event.version, event.before)}


def _prune_rejected(store: VersionStore, keep: int) -> list[str]:
    names = rejected_names(store)
    gone = names[: max(len(names) - keep, 0)]
    for name in gone:
        report_path(store, name).unlink(missing_ok=True)
        if name in store.rejected.names():
            store.rejected.remove(name)
    runs = check_runs(store)
    runs.forget(set(runs.versions()) - {*store.names(), *rejected_names(store)})
    return gone

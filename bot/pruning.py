"""Deletes old versions: never the live one, nor one that a worker may be loading or just leaving."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from bot.checks import CheckRuns
from bot.retrieval.locking import pointer_lock
from bot.retrieval.versions import VersionStore
from bot.sentences import packed, unpacked

CHECKS_FOLDER = "checks"
REPORT_SUFFIX = ".txt"
_PACKED_SUFFIX = ".json"
_LOADING = timedelta(minutes=1)


def rejection(store: VersionStore, version: str) -> str:
    """Why a version was rejected, in words; empty where nothing is told."""
    path = report_path(store, version)
    found = next((one for one in (path.with_suffix(_PACKED_SUFFIX), path) if one.is_file()), None)
    return unpacked(found.read_text("utf-8", errors="replace")) if found else ""


def keep_rejection(store: VersionStore, version: str, report: str) -> Path:
    """Write down why a version was rejected; where a person can read it. Raises OSError."""
    path = report_path(store, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(_PACKED_SUFFIX).write_text(packed(report), "utf-8")
    path.write_text(f"{report}\n", "utf-8")
    return path


def forget_rejection(store: VersionStore, version: str) -> None:
    """Delete what ``keep_rejection`` wrote, if it did. Raises OSError."""
    for suffix in (_PACKED_SUFFIX, REPORT_SUFFIX):
        report_path(store, version).with_suffix(suffix).unlink(missing_ok=True)


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
        gone, gone_rejected = _superfluous(store, keep, now), _superfluous_rejected(store, keep)
        for name in gone:
            store.remove(name)
        _remove_rejected(store, gone_rejected)
        return gone + gone_rejected


def superfluous(store: VersionStore, keep: int, now: datetime) -> list[str]:
    """The names of those that ``prune`` would delete now."""
    return _superfluous(store, keep, now) + _superfluous_rejected(store, keep)


def _superfluous(store: VersionStore, keep: int, now: datetime) -> list[str]:
    spared, live = _spared(store, now), store.current_name()
    old = [name for name in store.names() if name != live]
    return [name for name in old[: max(len(old) - keep, 0)] if name not in spared]


def _superfluous_rejected(store: VersionStore, keep: int) -> list[str]:
    names = rejected_names(store)
    return names[: max(len(names) - keep, 0)]


def _spared(store: VersionStore, now: datetime) -> set[str]:
    recent = [e for e in store.history.events() if now - datetime.fromisoformat(e.at) < _LOADING]
    return {name for event in recent for name in (event.version, event.before)}


def _remove_rejected(store: VersionStore, gone: list[str]) -> None:
    for name in gone:
        forget_rejection(store, name)
        if name in store.rejected.names():
            store.rejected.remove(name)
    runs = check_runs(store)
    runs.forget(set(runs.versions()) - {*store.names(), *rejected_names(store)})

"""What changed from one version to another: entries, and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.checks import CheckResult, CheckRun
from bot.domain import Entry
from bot.knowledge.differences import FieldChange, changes
from bot.retrieval.index_files import read_contents
from bot.retrieval.versions import VersionStore
from bot.versions_overview import place_of

Key = tuple[str, str]


class Turn(StrEnum):
    """What became of a check from one version to another."""

    LOST = "lost"
    WON = "won"
    CHANGED = "changed"
    NEW = "newly asked"
    DROPPED = "no longer asked"


@dataclass(frozen=True)
class Reworded:
    """An entry as the later version has it, and what differs from the earlier one."""

    entry: Entry
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class VersionDiff:
    """Entries and checks that differ; ``checks`` holds results before and after, None where not asked.

    ``unchecked`` names the versions of which no results are kept.
    """

    before: str
    after: str
    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    reworded: tuple[Reworded, ...]
    checks: tuple[tuple[CheckResult | None, CheckResult | None], ...]
    unchecked: tuple[str, ...]


def diff(store: VersionStore, before: str, after: str, runs: Sequence[CheckRun | None]) -> VersionDiff:
    """Compare two versions with their check runs, in the order of the later one's entries.

    Raises IndexUnusableError where one cannot be read.
    """
    old, new = (_entries(store, version) for version in (before, after))
    kept = [Reworded(entry, changes(old[key], entry)) for key, entry in new.items() if key in old]
    return VersionDiff(
        before,
        after,
        added=tuple(entry for key, entry in new.items() if key not in old),
        removed=tuple(entry for key, entry in old.items() if key not in new),
        reworded=tuple(entry for entry in kept if entry.changes),
        checks=tuple(_checks(*runs)) if all(runs) else (),
        unchecked=tuple(name for name, run in zip((before, after), runs, strict=True) if run is None),
    )


def _entries(store: VersionStore, version: str) -> dict[Key, Entry]:
    place = place_of(store, version)
    place.verified(version)
    contents = read_contents(place.folder / version)
    return {(entry.id, entry.language): entry for entry in contents.entries}


def _checks(
    before: CheckRun | None, after: CheckRun | None
) -> Iterator[tuple[CheckResult | None, CheckResult | None]]:
    old, new = ({result.key: result for result in run.results} if run else {} for run in (before, after))
    for key in dict.fromkeys([*new, *old]):
        pair = old.get(key), new.get(key)
        if _given(pair[0]) != _given(pair[1]):
            yield pair


def _given(result: CheckResult | None) -> tuple[str, bool] | None:
    return (result.given, result.is_right) if result else None


def lines(found: VersionDiff) -> list[str]:
    """The differences for a reader."""
    head = f"{found.before} → {found.after}"
    counts = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.reworded)} reworded"
    told = [head, f"entries: {counts}"]
    told += [f"+ {_named(entry)}" for entry in found.added]
    told += [f"- {_named(entry)}" for entry in found.removed]
    told += [line for entry in found.reworded for line in _reworded(entry)]
    return [*told, *_check_lines(found)]


def _named(entry: Entry) -> str:
    return f"{entry.id} ({entry.language}, {entry.place}): {entry.question}"


def _reworded(reworded: Reworded) -> Iterable[str]:
    yield f"~ {_named(reworded.entry)}"
    yield from (f"    {change}" for change in reworded.changes)


def _check_lines(found: VersionDiff) -> Iterable[str]:
    if found.unchecked:
        yield f"checks: no results are kept of {', '.join(found.unchecked)}"
        return
    turns = [turned(*pair) for pair in found.checks]
    lost, won = turns.count(Turn.LOST), turns.count(Turn.WON)
    yield f"checks: {lost} lost, {won} won, {len(turns) - lost - won} otherwise changed"
    for word, (old, new) in zip(turns, found.checks, strict=True):
        result = new or old
        if result:
            yield f"  {word}: {result.check}"
            yield f"    expected {result.expected}; {_answer(old)} → {_answer(new)}"


def turned(old: CheckResult | None, new: CheckResult | None) -> Turn:
    """What became of a check whose results differ; None where it was not asked."""
    if old is None or new is None:
        return Turn.DROPPED if new is None else Turn.NEW
    if old.is_right == new.is_right:
        return Turn.CHANGED
    return Turn.LOST if old.is_right else Turn.WON


def _answer(result: CheckResult | None) -> str:
    return f"{result.given} ({result.confidence:.3f})" if result else "not asked"

"""What changed from one version to another: entries, and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import ndiff

from bot.checks import CheckResult, CheckRun
from bot.domain import Entry
from bot.retrieval.index_files import read_contents
from bot.retrieval.versions import VersionStore
from bot.versions_overview import place_of

Key = tuple[str, str]
# What readers of a diff need not be told: where in a file an entry stands.
_IGNORED = ("id", "language", "place", "question", "phrasings", "answer")


@dataclass(frozen=True)
class Reworded:
    """An entry that is in both versions and not the same."""

    before: Entry
    after: Entry

    @property
    def phrasings_added(self) -> list[str]:
        """Ways to ask that only the later one has."""
        return _missing(self.before, self.after)

    @property
    def phrasings_removed(self) -> list[str]:
        """Ways to ask that only the earlier one has."""
        return _missing(self.after, self.before)

    @property
    def answer_lines(self) -> list[str]:
        """Lines of the answer that differ, with ``- `` or ``+ `` before them."""
        lines = ndiff(self.before.answer.splitlines(), self.after.answer.splitlines())
        return [line for line in lines if line.startswith(("- ", "+ ")) and line[2:].strip()]

    @property
    def fields(self) -> list[str]:
        """Names of the other things that differ, such as ``topic``."""
        names = [field.name for field in fields(Entry) if field.name not in _IGNORED]
        return [name for name in names if _plain(self.before, name) != _plain(self.after, name)]

    @property
    def is_reworded(self) -> bool:
        """Whether anything differs but the place in the file."""
        is_asked_alike = self.before.question == self.after.question
        told = (self.phrasings_added, self.phrasings_removed, self.fields)
        return not is_asked_alike or self.before.answer != self.after.answer or any(told)


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
    pairs = [Reworded(old[key], entry) for key, entry in new.items() if key in old]
    return VersionDiff(
        before,
        after,
        added=tuple(entry for key, entry in new.items() if key not in old),
        removed=tuple(entry for key, entry in old.items() if key not in new),
        reworded=tuple(pair for pair in pairs if pair.is_reworded),
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


def _missing(here: Entry, there: Entry) -> list[str]:
    known = {phrasing.text for phrasing in here.phrasings}
    return [phrasing.text for phrasing in there.phrasings if phrasing.text not in known]


def _plain(entry: Entry, name: str) -> object:
    value = getattr(entry, name)
    return [phrasing.text for phrasing in value] if name == "not_this" else value


def lines(found: VersionDiff) -> list[str]:
    """The differences for a reader."""
    head = f"{found.before} → {found.after}"
    counts = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.reworded)} reworded"
    told = [head, f"entries: {counts}"]
    told += [f"+ {_named(entry)}" for entry in found.added]
    told += [f"- {_named(entry)}" for entry in found.removed]
    told += [line for pair in found.reworded for line in _reworded(pair)]
    return [*told, *_check_lines(found)]


def _named(entry: Entry) -> str:
    return f"{entry.id} ({entry.language}, {entry.place}): {entry.question}"


def _reworded(pair: Reworded) -> Iterable[str]:
    yield f"~ {_named(pair.after)}"
    if pair.before.question != pair.after.question:
        yield f"    question was: {pair.before.question}"
    yield from (f"    asked + {text}" for text in pair.phrasings_added)
    yield from (f"    asked - {text}" for text in pair.phrasings_removed)
    yield from (f"    answer {line}" for line in pair.answer_lines)
    for name in pair.fields:
        yield f"    {name}: {_shown(pair.before, name)} → {_shown(pair.after, name)}"


def _shown(entry: Entry, name: str) -> str:
    value = _plain(entry, name)
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _check_lines(found: VersionDiff) -> Iterable[str]:
    if found.unchecked:
        yield f"checks: no results are kept of {', '.join(found.unchecked)}"
        return
    turned = [_turned(*pair) for pair in found.checks]
    lost, won = turned.count("lost"), turned.count("won")
    yield f"checks: {lost} lost, {won} won, {len(turned) - lost - won} otherwise changed"
    for word, (old, new) in zip(turned, found.checks, strict=True):
        result = new or old
        if result:
            yield f"  {word}: {result.check}"
            yield f"    expected {result.expected}; {_answer(old)} → {_answer(new)}"


def _turned(old: CheckResult | None, new: CheckResult | None) -> str:
    if old is None or new is None:
        return "no longer asked" if new is None else "newly asked"
    if old.is_right == new.is_right:
        return "changed"
    return "lost" if old.is_right else "won"


def _answer(result: CheckResult | None) -> str:
    return f"{result.given} ({result.confidence:.3f})" if result else "not asked"

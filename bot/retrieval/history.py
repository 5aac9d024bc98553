"""What was done to the index: a line of JSON for every version published, rejected or rolled back to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from bot.retrieval.fields import typed
from bot.sentences import packed, unpacked


class Action(StrEnum):
    """What was done with a version."""

    PUBLISH = "publish"
    FORCE = "force"
    REJECT = "reject"
    ROLL_BACK = "rollback"
    # Made live as it was kept, though it had been rejected.
    PUBLISH_REJECTED = "publish rejected"
    # Built, but not made live: somebody else had moved the pointer.
    SET_ASIDE = "set aside"
    # Nothing to build: it was live already.
    KEEP = "keep"


# What makes the version live that it names.
_MOVES = (Action.PUBLISH, Action.FORCE, Action.ROLL_BACK, Action.PUBLISH_REJECTED)
# What makes a version live without building: the knowledge folder may hold something else.
_WITHOUT_BUILDING = (Action.ROLL_BACK, Action.PUBLISH_REJECTED)
_BY_FORCE = (Action.FORCE, Action.PUBLISH_REJECTED)


@dataclass(frozen=True)
class Event:
    """One action: ``at`` in ISO 8601, ``before`` the version that was live, ``by`` and ``reason`` in words.

    ``knowledge`` and ``checks`` are the digests of what the version was built from and checked with;
    ``note`` says what was let pass.
    """

    at: str
    action: Action
    version: str
    before: str = ""
    knowledge: str = ""
    checks: str = ""
    by: str = ""
    reason: str = ""
    note: str = ""


class History:
    """The file. Events are written before what they tell of is done, so that nothing is done unrecorded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(self) -> list[Event]:
        """All events, oldest first; lines that are torn or foreign are passed over."""
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [event for event in map(_event, lines) if event]

    def add(self, event: Event) -> None:
        """Append an event; it is on the disk when this returns. Raises OSError."""
        line = json.dumps(asdict(event) | {"note": packed(event.note)}, ensure_ascii=False) + "\n"
        with self._path.open("a+b") as file:
            if file.tell() and not self._ends_whole():
                line = "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"


def _event(line: str) -> Event | None:
    try:
        event = typed(Event, line)
        return replace(event, note=unpacked(event.note))
    except (ValueError, TypeError, RecursionError):
        return None


def forced(events: Iterable[Event]) -> dict[str, Event]:
    """The versions that were published though they failed, with the newest event that did it."""
    return {event.version: event for event in events if event.action in _BY_FORCE}


def last_attempt(events: Sequence[Event]) -> Event | None:
    """The newest event of a build."""
    return next((event for event in events[::-1] if event.action not in _WITHOUT_BUILDING), None)


def is_built(events: Sequence[Event], live: str, knowledge: str, checks: str) -> bool:
    """Whether the last build was made from this knowledge and these checks, whatever came of it.

    After a roll-back other checks are no reason to build: that would publish again what was rolled back from,
    nor after a rejected version was published: that would take it back.
    """
    last = last_attempt(events)
    if last is None or _was_interrupted(events[-1], live):
        return False
    is_moved_since = events[-1].action in (*_WITHOUT_BUILDING, Action.SET_ASIDE)
    return last.knowledge == knowledge and (is_moved_since or last.checks == checks)


def _was_interrupted(last: Event, live: str) -> bool:
    """Whether it was noted, but did not come to pass."""
    return last.action in _MOVES and last.version != live


def succession(events: Iterable[Event]) -> list[str]:
    """Versions that were live one after the other, without those that were rolled back from."""
    line: list[str] = []
    for event in events:
        if event.action not in _MOVES:
            continue
        line = _up_to(line, event.before)
        if event.action is Action.ROLL_BACK:
            # Names begin with the time of the build.
            line = [name for name in line if name < event.version]
        line = _up_to([name for name in line if name != event.version], event.version)
    return line


def _up_to(line: Sequence[str], version: str) -> list[str]:
    """The line cut after a version, or with it at the end."""
    if not version:
        return list(line)
    return list(line[: line.index(version) + 1]) if version in line else [*line, version]

"""Rebuilds when the knowledge folder changes: once for many changes, and whatever happens to the folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, watch
from watchfiles._rust_notify import WatchfilesRustInternalError

from bot.domain import JobResult, JobState
from bot.errors import BotError

# Once nothing has changed for one to two times as long; while somebody writes and writes, this often.
QUIET_SECONDS, LONGEST_WAIT_SECONDS = 0.3, 30.0
# After a failure that no change of the knowledge brought about, such as a full disk.
RETRY_SECONDS = 60.0
_NAMED = 5
# Where the system has no more watches to give.
_FALLBACK_SECONDS = 5
_NEVER = float("inf")
# Marks of what editors, sync tools and importers leave beside files while they write.
_TEMPORARY = (".", "~", "#")

# The names of changed files; empty when time passed without any.
Changes = Collection[str]


@dataclass(frozen=True)
class Knowledge:
    """The folder, whether the last build was made from it as it is now, and a digest of it.

    ``is_built`` and ``digest`` may raise OSError or BotError while files come and go.
    """

    folder: Path
    is_built: Callable[[], bool]
    digest: Callable[[], str]


class Watcher:
    """Builds when the knowledge is not what the last build was made from.

    A version that was rolled back stays so until the knowledge changes again. What a build could not
    use is not tried twice; what failed for another reason is tried again after a while.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        build: Callable[[], JobResult],
        tell: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._knowledge = knowledge
        self._build = build
        self._tell = tell
        self._clock = clock
        self._tried = ""
        self._has_failed = False
        self._look_at = _NEVER
        self._is_gone = False
        self._complaint = ""

    def run(self, changes: Callable[[], Iterator[Changes]], stop: Callable[[float], bool]) -> None:
        """Follow the folder until told to stop.

        ``changes`` watches the folder from now on, as long as it is the same folder; ``stop`` waits for
        some seconds and says whether it is time to end.
        """
        while not stop(0):
            if not self._is_there():
                stop(QUIET_SECONDS)
                continue
            identity = _identity(self._knowledge.folder)
            # What happened while nobody watched is looked for when somebody does: nothing slips through.
            self._look_at = self._clock()
            with suppress(FileNotFoundError):  # it has gone since
                for names in changes():
                    if stop(0) or _identity(self._knowledge.folder) != identity:
                        break
                    if names or self._clock() >= self._look_at:
                        self._look(names)

    def _is_there(self) -> bool:
        is_there = self._knowledge.folder.is_dir()
        if is_there is self._is_gone:
            self._is_gone = not is_there
            self._tell(
                f"{self._knowledge.folder} is there again"
                if is_there
                else f"{self._knowledge.folder} is not there; waiting for it, the live index stays"
            )
        return is_there

    def _look(self, names: Changes) -> None:
        """Build if there is something new. A folder that has just appeared may fill unseen: look twice."""
        self._look_at = self._clock() + QUIET_SECONDS if names else _NEVER
        try:
            digest = self._knowledge.digest()
            # At first: what was built before this watcher started, and may have been rolled back since.
            is_known = digest == self._tried if self._tried else self._knowledge.is_built()
        except (BotError, OSError) as error:
            self._complain(f"the knowledge cannot be read just now ({error}); trying again")
            return
        has_failed, self._has_failed = self._has_failed, False
        self._tried, self._complaint = digest, ""
        if has_failed or not is_known:
            self._rebuild(names)

    def _complain(self, complaint: str) -> None:
        """Say it once, however often the same thing is met."""
        if complaint != self._complaint:
            self._tell(complaint)
        self._complaint = complaint
        self._look_at = self._clock() + QUIET_SECONDS

    def _rebuild(self, names: Changes) -> None:
        self._tell(f"changed: {_listed(names)}; building")
        result = self._build()
        for line in result.report.splitlines():
            self._tell(line)
        if result.state is JobState.FAILED:
            self._has_failed, self._look_at = True, self._clock() + RETRY_SECONDS
            self._tell(f"the live index stays; trying again in {RETRY_SECONDS:.0f} s")
        elif result.state is JobState.REJECTED:
            self._tell("the live index stays; waiting for the next change")


def folder_changes(
    folder: Path, stopping: threading.Event, polling_seconds: float, tell: Callable[[str], None]
) -> Iterator[Changes]:
    """Names of files that changed in a folder, in groups, and nothing for about every second without.

    The system tells of changes; with ``polling_seconds`` above 0, or where the system cannot, the folder is
    looked at every so often. Raises FileNotFoundError when there is no folder.
    """
    try:
        yield from _groups(folder, stopping, polling_seconds)
    except (OSError, WatchfilesRustInternalError) as error:
        if polling_seconds or isinstance(error, FileNotFoundError):
            raise
        tell(f"the system cannot tell of changes ({error}); looking every {_FALLBACK_SECONDS} s instead")
        yield from _groups(folder, stopping, _FALLBACK_SECONDS)


def _groups(folder: Path, stopping: threading.Event, polling_seconds: float) -> Iterator[Changes]:
    groups = watch(
        folder,
        watch_filter=lambda _change, path: is_knowledge(folder, Path(path)),
        debounce=int(LONGEST_WAIT_SECONDS * 1000),
        step=int(QUIET_SECONDS * 1000),
        rust_timeout=int(QUIET_SECONDS * 1000),
        yield_on_timeout=True,
        stop_event=stopping,
        force_polling=polling_seconds > 0 or None,
        poll_delay_ms=int((polling_seconds or 1) * 1000),
        ignore_permission_denied=True,
    )
    for group in groups:
        yield _names(folder, group)


def is_knowledge(folder: Path, path: Path) -> bool:
    """Whether an index may be made from a file or folder of this name."""
    try:
        parts = path.relative_to(folder).parts
    except ValueError:
        parts = path.parts
    is_temporary = any(part.startswith(_TEMPORARY) or part.endswith("~") for part in parts)
    return not is_temporary and path.suffix in ("", ".md", ".jsonl")


def _names(folder: Path, group: set[tuple[Change, str]]) -> Changes:
    paths = {Path(path) for _, path in group}
    return {(path.relative_to(folder) if folder in path.parents else path).as_posix() for path in paths}


def _listed(names: Changes) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (", ".join(sorted(names)[:_NAMED]) or "the knowledge") + more


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder stands at this path: another one after it was taken away and came back."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

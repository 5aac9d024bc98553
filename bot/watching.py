"""Rebuilds when the knowledge folder changes: once for many changes, and whatever happens to the folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, watch

from bot.domain import JobResult, JobState
from bot.errors import BotError

# Once nothing has changed for one to two times as long; while somebody writes and writes, this often.
QUIET_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0
# After a failure that no change of the knowledge brought about, such as a full disk.
RETRY_SECONDS = 60.0
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
            groups = changes()
            # What happened while nobody watched.
            self._look(())
            for names in groups:
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
            if digest != self._tried or self._has_failed:
                self._tried, self._has_failed = digest, False
                self._build_if_new(names)
        except (BotError, OSError) as error:
            self._tell(f"the knowledge cannot be read just now ({error}); trying again")
            self._look_at = self._clock() + QUIET_SECONDS

    def _build_if_new(self, names: Changes) -> None:
        if self._knowledge.is_built():
            return
        self._tell(f"changed: {', '.join(sorted(names)) or 'the knowledge'}; building")
        result = self._build()
        for line in result.report.splitlines():
            self._tell(line)
        if result.state is JobState.FAILED:
            self._has_failed, self._look_at = True, self._clock() + RETRY_SECONDS
            self._tell(f"the live index stays; trying again in {RETRY_SECONDS:.0f} s")
        elif result.state is JobState.REJECTED:
            self._tell("the live index stays; waiting for the next change")


def folder_changes(folder: Path, stopping: threading.Event, polling_seconds: float) -> Iterator[Changes]:
    """Names of files that changed in a folder, in groups, and nothing for about every second without.

    The system tells of changes; with ``polling_seconds`` above 0 the folder is looked at so often.
    """
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


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder stands at this path: another one after it was taken away and came back."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

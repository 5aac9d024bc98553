"""Locks between processes, which the kernel takes back from whoever dies."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from bot.errors import IndexBusyError
from bot.retrieval.versions import writing
from bot.sentences import Sentence

BUILD_LOCK = ".build.lock"
POINTER_LOCK = ".pointer.lock"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: the process, its user, and since when in words."""

    pid: int
    by: str
    since: str

    def __str__(self) -> str:
        return Sentence(
            "process %(pid)s (%(by)s) since %(since)s", pid=self.pid, by=self.by, since=self.since
        )


@contextmanager
def build_lock(folder: Path, holder: Holder, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Build alone in an index folder. ``wait`` is told for whom one waits; without it nobody waits.

    Raises IndexBusyError, naming who builds and since when; IndexUnusableError where the folder cannot be
    written.
    """
    with _opened(folder / BUILD_LOCK) as file:
        if not _taken(file.fileno()):
            other = _holder(folder / BUILD_LOCK)
            if wait is None:
                raise IndexBusyError(
                    "the index is being built by %(other)s; try again after it, or run: "
                    "flask --app wsgi index build --wait",
                    other=other,
                )
            wait(other)
            fcntl.flock(file, fcntl.LOCK_EX)
        with writing(folder):
            file.truncate(0)
            file.write(json.dumps(asdict(holder)))
            file.flush()
        yield


@contextmanager
def pointer_lock(folder: Path) -> Iterator[None]:
    """Alone while the pointer moves or versions go: always for a moment, so one waits.

    Raises IndexUnusableError where the folder cannot be written.
    """
    with _opened(folder / POINTER_LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened(path: Path) -> TextIO:
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+")


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        return str(Holder(**json.loads(path.read_text("utf-8"))))
    except (OSError, ValueError, TypeError):
        return Sentence("another process")

"""What an operator wants of entries, and what that comes to, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.domain import Entry
from bot.errors import KnowledgeError
from bot.knowledge.file_changes import Change
from bot.knowledge.markdown import Problem
from bot.knowledge.merging import Key


@dataclass(frozen=True)
class Wish:
    """What one entry shall be; None: it shall go. ``seen``: the digest it had when the operator saw it,
    empty for one that was not there.
    """

    key: Key
    entry: Entry | None
    seen: str


@dataclass(frozen=True)
class FileDraft:
    """A file before (None: it is new) and after, and the lines of a unified diff."""

    path: Path
    before: bytes | None
    after: bytes
    diff: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """What would be done. ``problems``: what lint finds that it did not find before; ``overtaken``: wishes
    whose entry has changed since, or is there though it should be new.
    """

    changes: tuple[Change, ...]
    files: tuple[FileDraft, ...]
    problems: tuple[Problem, ...]
    overtaken: tuple[Key, ...]

    @property
    def can_be_saved(self) -> bool:
        """Whether it changes anything, and nothing that nobody has seen."""
        return bool(self.files) and not self.overtaken


class Overtaken(KnowledgeError):
    """Somebody else has changed the same lines since."""

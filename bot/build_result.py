"""What is asked of a build and what comes of it: values that command, job and watcher share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.checks import CheckResult
from bot.knowledge.markdown import Problem
from bot.retrieval.versions import IndexManifest


@dataclass(frozen=True)
class Override:
    """Leave to publish what fails: who gives it and why.

    ``only_first``: only checks, and only as long as nothing is live that could serve.
    """

    by: str
    reason: str
    only_first: bool = False


@dataclass(frozen=True)
class Order:
    """What is asked of a build. ``again``: build though nothing has changed; ``by``: whoever asks."""

    by: str = ""
    again: bool = False
    override: Override | None = None


class Outcome(StrEnum):
    """What became of the version: made live, live already, kept aside, or outrun by a move of the pointer."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class FailedCheck:
    """A check that was not met; whether the live version meets it (None: nothing live could say)."""

    result: CheckResult
    passes_live: bool | None


@dataclass(frozen=True)
class GateResult:
    """What the gate found: errors of lint, failed checks, and how many were asked (None: there are none)."""

    problems: tuple[Problem, ...] = ()
    failed: tuple[FailedCheck, ...] = ()
    asked: int | None = None

    @property
    def is_passed(self) -> bool:
        """Whether the version is fit to be published."""
        return not self.problems and not self.failed

    @property
    def lost(self) -> int:
        """How many failed checks the live version meets."""
        return sum(failed.passes_live is True for failed in self.failed)


@dataclass(frozen=True)
class BuildResult:
    """The end of a build. ``live`` is the version that serves after it, empty if there is none.

    ``manifest`` is None where errors of lint kept the version from being built. ``is_built``: in this build,
    not found from before. ``forced``: the leave it was published by. ``report``: where a rejection is told.
    """

    outcome: Outcome
    version: str
    manifest: IndexManifest | None
    live: str
    verdict: GateResult
    is_built: bool
    seconds: float
    forced: Override | None = None
    report: Path | None = None

    @property
    def is_live(self) -> bool:
        """Whether what was asked for serves now."""
        return self.outcome in (Outcome.PUBLISHED, Outcome.UNCHANGED)

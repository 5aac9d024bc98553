"""The checks of a knowledge folder: asked of a version before it is published, and what came out kept.

A check is a line of ``checks.jsonl`` as ``evaluate`` reads it; each turn of a dialogue counts as one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.evaluation import Dialogue, Judged, Labelled, play, read_labelled
from bot.ports import KnowledgeIndex, Progress
from bot.retrieval.versions import writing

CHECKS_FILE = "checks.jsonl"
_STAGE = "asking the checks"


@dataclass(frozen=True)
class Checks:
    """The lines of a folder's checks and their digest; both empty where there is no file."""

    lines: tuple[Labelled | Dialogue, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class CheckResult:
    """What a version made of one check, in words. ``check`` is the question, with its place in a dialogue."""

    check: str
    expected: str
    given: str
    confidence: float
    is_right: bool

    @property
    def key(self) -> tuple[str, str]:
        """The same check asked of another version has the same."""
        return self.check, self.expected


@dataclass(frozen=True)
class CheckRun:
    """All results of one version, and the digest of the checks that were asked."""

    digest: str
    results: tuple[CheckResult, ...]

    @property
    def met(self) -> int:
        """How many checks were answered as they should."""
        return sum(result.is_right for result in self.results)


def read_checks(folder: Path) -> Checks:
    """The checks of a knowledge folder; raises EvaluationFileError with the line that is wrong."""
    path = folder / CHECKS_FILE
    if not path.is_file():
        return Checks()
    return Checks(tuple(read_labelled(path)), checks_digest(folder))


def checks_digest(folder: Path) -> str:
    """SHA-256 of the checks, hexadecimal; empty where there are none."""
    path = folder / CHECKS_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def ask(
    lines: Sequence[Labelled | Dialogue], index: KnowledgeIndex, progress: Progress
) -> tuple[CheckResult, ...]:
    """Ask one version as customers would: one question at a time, through the answerer."""
    answerer = Answerer(lambda: index)
    converser = Converser(answerer)
    results: list[CheckResult] = []
    for number, line in enumerate(lines, 1):
        results += _asked(line, answerer, converser)
        progress(_STAGE, number, len(lines))
    return tuple(results)


def lines_of(
    lines: Iterable[Labelled | Dialogue], keys: Container[tuple[str, str]]
) -> list[Labelled | Dialogue]:
    """The lines that give results with these keys."""
    return [line for line in lines if any(key in keys for key in _keys(line))]


def _keys(line: Labelled | Dialogue) -> list[tuple[str, str]]:
    if isinstance(line, Labelled):
        return [(line.question, line.wanted)]
    return [(_turn(line, n, turn), turn.wanted) for n, turn in enumerate(line.turns, 1)]


def _turn(dialogue: Dialogue, number: int, turn: Labelled) -> str:
    return f"{dialogue.id}, turn {number}: {turn.question}"


def _asked(line: Labelled | Dialogue, answerer: Answerer, converser: Converser) -> list[CheckResult]:
    if isinstance(line, Labelled):
        return [_result(line.question, Judged(line, answerer.answer(line.question)))]
    turns = enumerate(play(line, converser.reply).turns, 1)
    return [_result(_turn(line, number, turn.labelled), turn) for number, turn in turns]


def _result(check: str, judged: Judged) -> CheckResult:
    confidence = round(judged.reply.confidence, 4)
    return CheckResult(check, judged.labelled.wanted, judged.given, confidence, judged.is_right)


class CheckRuns:
    """What was kept of the checks of each version, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, version: str) -> Path:
        return self._folder / f"{version}.json"

    def keep(self, version: str, run: CheckRun) -> None:
        """Write a version's results; raises IndexUnusableError where that is impossible."""
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path(version).write_text(json.dumps(asdict(run), ensure_ascii=False, indent=1), "utf-8")

    def of(self, version: str) -> CheckRun | None:
        """A version's results; None where none were kept, or not whole."""
        try:
            fields = json.loads(self._path(version).read_text("utf-8"))
            return CheckRun(fields["digest"], tuple(CheckResult(**row) for row in fields["results"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def versions(self) -> list[str]:
        """The versions whose results are here."""
        return [path.stem for path in self._folder.glob("*.json")]

    def forget(self, versions: Iterable[str]) -> None:
        """Delete the results of versions that are gone."""
        for version in versions:
            self._path(version).unlink(missing_ok=True)

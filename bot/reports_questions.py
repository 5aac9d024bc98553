"""Frozen values of the question log's reports: what was asked, how often, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Dimension = Literal["outcome", "language", "channel"]
# Outcomes by which a reader got what they wanted, and those by which the knowledge base lacks something.
_ANSWERED, _UNANSWERED = ("answer", "smalltalk"), ("abstain",)


@dataclass(frozen=True)
class Span:
    """From ``start`` until before ``end``, in seconds since the epoch."""

    start: float
    end: float


@dataclass(frozen=True)
class Cell:
    """So many questions of one outcome, language and channel."""

    outcome: str
    language: str
    channel: str
    questions: int


@dataclass(frozen=True)
class Figures:
    """A span in figures. ``latencies``: milliseconds, to a half, and how many questions took that long;
    ``up`` and ``down``: verdicts given in the span.
    """

    cells: tuple[Cell, ...] = ()
    latencies: tuple[tuple[float, int], ...] = ()
    up: int = 0
    down: int = 0

    @property
    def questions(self) -> int:
        """All of them."""
        return sum(cell.questions for cell in self.cells)

    @property
    def unanswered(self) -> int:
        """Those to which the bot had no answer."""
        return self._of(_UNANSWERED)

    @property
    def share_answered(self) -> float | None:
        """Between 0 and 1; None when nothing was asked."""
        return self._of(_ANSWERED) / self.questions if self.cells else None

    @property
    def share_liked(self) -> float | None:
        """Thumbs up of all verdicts, between 0 and 1; None without verdicts."""
        return self.up / (self.up + self.down) if self.up + self.down else None

    def by(self, dimension: Dimension) -> Counter[str]:
        """Questions by what a dimension says of them."""
        counts: Counter[str] = Counter()
        for cell in self.cells:
            counts[getattr(cell, dimension)] += cell.questions
        return counts

    def latency(self, percent: float) -> float | None:
        """Milliseconds that so many per cent of the questions did not exceed; None when none was timed."""
        left = percent / 100 * sum(count for _, count in self.latencies)
        for milliseconds, count in self.latencies:
            left -= count
            if left <= 0:
                return milliseconds
        return None

    def _of(self, outcomes: Iterable[str]) -> int:
        counts = self.by("outcome")
        return sum(counts[outcome] for outcome in outcomes)


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several spans that do not overlap, as those of one."""
    cells: Counter[tuple[str, str, str]] = Counter()
    latencies: Counter[float] = Counter()
    up = down = 0
    for part in parts:
        up, down = up + part.up, down + part.down
        latencies.update(dict(part.latencies))
        for cell in part.cells:
            cells[cell.outcome, cell.language, cell.channel] += cell.questions
    added = tuple(Cell(*names, count) for names, count in sorted(cells.items()))
    return Figures(added, tuple(sorted(latencies.items())), up, down)


@dataclass(frozen=True)
class EntryFigures:
    """How an entry fares. ``language``: of its knowledge, ``zh`` or ``en``; ``up`` and ``down``: verdicts;
    ``last_asked`` in seconds since the epoch, None = not in this span.
    """

    entry: str
    language: str
    hits: int = 0
    up: int = 0
    down: int = 0
    last_asked: float | None = None


@dataclass(frozen=True)
class LoggedRow:
    """A question in the log with what its user thought of the reply. ``user`` is a pseudonym; empty: nobody
    it would know again; ``verdict``: ``up``, ``down``, ``none`` (words only) or empty.
    """

    id: int
    asked_at: float
    channel: str
    user: str
    language: str
    question: str
    outcome: str
    entry: str
    confidence: float
    index_version: str
    latency_ms: float | None
    request_id: str
    verdict: str
    comment: str


@dataclass(frozen=True)
class Sought:
    """What questions are looked for; what is empty does not matter.

    ``text``: a part of the question, in upper or lower case; ``language``: ``zh-Hans``, ``zh-Hant``, ``en``,
    or ``zh`` for both scripts.
    """

    text: str = ""
    outcome: str = ""
    channel: str = ""
    language: str = ""
    entry: str = ""
    verdict: str = ""
    user: str = ""
    request_id: str = ""
    span: Span | None = None
    has_comment: bool = False


@dataclass(frozen=True)
class Position:
    """Where a page of the log ends: the time and the id of its last question."""

    asked_at: float
    id: int

"""Bars in a picture: stacked, one for each part of a period. Lengths are per cent of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import OutcomeKind
from bot.reports_questions import Figures

# From the axis upwards.
OUTCOMES = tuple(
    map(
        str,
        (
            OutcomeKind.ANSWER,
            OutcomeKind.SMALLTALK,
            OutcomeKind.HANDOFF,
            OutcomeKind.CLARIFY,
            OutcomeKind.ABSTAIN,
        ),
    )
)
# Of the height; below the axis are the labels.
_AXIS, _TOP = 88.0, 6.0
_GAP = 0.25
_MOST_LABELS = 8
# Heights of the scale, in twos of ones, tens, hundreds …
_TWOS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40)


@dataclass(frozen=True)
class Block:
    """A part of a bar."""

    outcome: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One bar; ``label`` is empty where there is no room for it, ``middle`` is where it goes."""

    name: str
    label: str
    x: float
    width: float
    figures: Figures
    blocks: tuple[Block, ...]

    @property
    def middle(self) -> float:
        """Half way across."""
        return round(self.x + self.width / 2, 3)


@dataclass(frozen=True)
class Line:
    """A line across the picture at a number of questions."""

    questions: int
    y: float


@dataclass(frozen=True)
class Chart:
    """The picture."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    axis: float = _AXIS

    @property
    def highest(self) -> Bar:
        """The bar with the most questions."""
        return max(self.bars, key=lambda bar: bar.figures.questions)


def chart(parts: Sequence[tuple[str, str, Figures]]) -> Chart:
    """A bar for each part: its name, a short label, and its figures."""
    top = _round_number(max((figures.questions for *_, figures in parts), default=0))
    step, every = 100 / max(len(parts), 1), -(-len(parts) // _MOST_LABELS)
    bars = (
        Bar(
            name,
            "" if number % every else label,
            round((number + _GAP / 2) * step, 3),
            round((1 - _GAP) * step, 3),
            figures,
            tuple(_blocks(figures, top)),
        )
        for number, (name, label, figures) in enumerate(parts)
    )
    marks = (top, top // 2) if top > 1 else (top,)
    return Chart(tuple(bars), tuple(Line(count, _height(count, top)) for count in marks))


def _blocks(figures: Figures, top: int) -> list[Block]:
    counts, blocks, below = figures.by("outcome"), [], 0
    for outcome in OUTCOMES:
        if count := counts[outcome]:
            upper, lower = _height(below + count, top), _height(below, top)
            blocks.append(Block(outcome, upper, round(lower - upper, 3)))
            below += count
    return blocks


def _height(count: int, top: int) -> float:
    return round(_AXIS - (_AXIS - _TOP) * count / top, 3)


def _round_number(count: int) -> int:
    """The next that is round, and so is its half: 1, 2, 4, 6, 8, 10, 12 … 80, 100, 120 …"""
    if count <= 1:
        return 1
    unit = 2
    while count > _TWOS[-1] * unit:
        unit *= 10
    return unit * next(twos for twos in _TWOS if count <= twos * unit)

"""The evaluation's picture: score distributions, coverage against false answers, and reliability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.evaluation import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What a picture may be named.
FORMATS = (".png", ".svg", ".pdf")
_DECILES = 10


def plot(
    judged: Sequence[Judged],
    threshold: float,
    path: Path,
    held_out: Iterable[Mapping[str, float]] = (),
) -> None:
    """Write a picture of all three panels; needs matplotlib.

    ``held_out``: deciles of the build's own questions, with ``questions``, ``confidence`` and ``right``.
    """
    from matplotlib.figure import Figure

    scored = [item for item in judged if not item.labelled.any_text]
    inside = [i.reply.confidence for i in scored if i.labelled.is_answerable]
    outside = [i.reply.confidence for i in scored if not i.labelled.is_answerable]
    figure = Figure(figsize=(16, 4.5), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _distributions(left, inside, outside, threshold)
    _coverage(middle, inside, outside, threshold)
    _reliability(right, {"these questions": deciles(scored), "held out at the build": list(held_out)})
    figure.savefig(path, dpi=120)


def deciles(scored: Iterable[Judged]) -> list[dict[str, float]]:
    """Questions by confidence: how many, their mean confidence, the share whose first entry was right."""
    groups: dict[int, list[Judged]] = {}
    for item in scored:
        groups.setdefault(min(int(item.reply.confidence * _DECILES), _DECILES - 1), []).append(item)
    return [
        {
            "questions": len(group),
            "confidence": sum(item.reply.confidence for item in group) / len(group),
            "right": sum(item.rank == 1 for item in group) / len(group),
        }
        for _, group in sorted(groups.items())
    ]


def _distributions(axes: Axes, inside: list[float], outside: list[float], threshold: float) -> None:
    for values, label in ((inside, "answerable"), (outside, "out of scope")):
        axes.hist(values, bins=30, range=(0, 1), alpha=0.6, label=f"{label} ({len(values)})")
    axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.2f}")
    axes.set(xlabel="confidence", ylabel="questions", title="Confidence")
    axes.legend()


def _coverage(axes: Axes, inside: list[float], outside: list[float], threshold: float) -> None:
    thresholds = sorted({0.0, *inside, *outside, 1.01})
    axes.plot(
        [_share_above(outside, t) for t in thresholds],
        [_share_above(inside, t) for t in thresholds],
    )
    chosen = (_share_above(outside, threshold), _share_above(inside, threshold))
    axes.plot(*chosen, "ko", label=f"chosen: {chosen[1]:.1%} at {chosen[0]:.1%}")
    axes.set(xlabel="false answers", ylabel="coverage", title="Coverage against false answers")
    axes.legend(loc="lower right")


def _reliability(axes: Axes, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=0.8)
    for label, found in curves.items():
        total = int(sum(decile["questions"] for decile in found))
        confidence, right = ([decile[name] for decile in found] for name in ("confidence", "right"))
        axes.plot(confidence, right, "o-", label=f"{label} ({total})")
    axes.set(xlabel="confidence", ylabel="share right", title="Reliability", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="lower right")


def _share_above(values: Sequence[float], threshold: float) -> float:
    return sum(value >= threshold for value in values) / max(len(values), 1)

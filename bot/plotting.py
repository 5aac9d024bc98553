"""The evaluation's picture: score distributions, and coverage against false answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.evaluation import Judged


def plot(judged: Sequence[Judged], threshold: float, path: Path) -> None:
    """Write a PNG with both panels; needs matplotlib."""
    from matplotlib.figure import Figure

    scored = [item for item in judged if not item.labelled.any_text]
    inside = [i.reply.confidence for i in scored if i.labelled.is_answerable]
    outside = [i.reply.confidence for i in scored if not i.labelled.is_answerable]
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for values, label in ((inside, "answerable"), (outside, "out of scope")):
        left.hist(values, bins=30, range=(0, 1), alpha=0.6, label=f"{label} ({len(values)})")
    left.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.2f}")
    left.set(xlabel="confidence", ylabel="questions", title="Confidence")
    left.legend()
    thresholds = sorted({0.0, *inside, *outside, 1.01})
    right.plot(
        [_share_above(outside, t) for t in thresholds],
        [_share_above(inside, t) for t in thresholds],
    )
    chosen = (_share_above(outside, threshold), _share_above(inside, threshold))
    right.plot(*chosen, "ko", label=f"chosen: {chosen[1]:.1%} at {chosen[0]:.1%}")
    right.set(xlabel="false answers", ylabel="coverage", title="Coverage against false answers")
    right.legend(loc="lower right")
    figure.savefig(path, dpi=120)


def _share_above(values: Sequence[float], threshold: float) -> float:
    return sum(value >= threshold for value in values) / max(len(values), 1)

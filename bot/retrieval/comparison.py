"""Compares two encoders on the same held-out questions: what each makes of them, and whether one gains."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.training import HeldOut

# A gain counts that 19 of 20 resamples of the same questions show too.
_RESAMPLES = 1_000
_DOUBT = 0.05


@dataclass(frozen=True)
class Figures:
    """Shares of 1: phrasings whose entry came first, phrasings answered at the wanted false-answer rate,
    and the chance that a phrasing is trusted more than a background question.
    """

    hit_at_1: float
    coverage: float
    auroc: float


def figures(held_out: HeldOut, false_answer_rate: float) -> Figures:
    """Measure one encoder; the threshold is the one this background asks for."""
    threshold = reached_by(held_out.background, false_answer_rate)
    return Figures(
        hit_at_1=float(held_out.is_hit.mean()),
        coverage=float((held_out.phrasings >= threshold).mean()),
        auroc=_auroc(held_out.phrasings, held_out.background),
    )


def reached_by(confidence: NDArray[np.float64], share: float) -> float:
    """The lowest threshold that no more than this share of the values reaches; 1 at most."""
    highest_first = np.append(np.sort(confidence)[::-1], 0.0)
    barrier = highest_first[int(share * len(confidence))]
    return min(1.0, float(np.nextafter(barrier, 2.0)))


def _auroc(phrasings: NDArray[np.float64], background: NDArray[np.float64]) -> float:
    ordered = np.sort(background)
    below = np.searchsorted(ordered, phrasings, "left") + np.searchsorted(ordered, phrasings, "right")
    return float(below.mean() / 2 / len(ordered))


def is_gain(before: HeldOut, after: HeldOut, false_answer_rate: float) -> bool:
    """Whether neither the phrasings nor the background lose, and one figure gains more than chance gives."""
    old, new = (figures(one, false_answer_rate) for one in (before, after))
    background_loses = new.coverage < old.coverage and new.auroc < old.auroc
    if new.hit_at_1 < old.hit_at_1 or background_loses:
        return False
    return bool((_least_gain(before, after, false_answer_rate) > 0).any())


def _least_gain(before: HeldOut, after: HeldOut, false_answer_rate: float) -> NDArray[np.float64]:
    """For each figure the gain that all but few resamples of the questions exceed."""
    random = np.random.default_rng(0)
    gains = []
    for _ in range(_RESAMPLES):
        phrasings = random.integers(0, len(before.phrasings), len(before.phrasings))
        background = random.integers(0, len(before.background), len(before.background))
        old, new = (
            figures(
                HeldOut(one.is_hit[phrasings], one.phrasings[phrasings], one.background[background]),
                false_answer_rate,
            )
            for one in (before, after)
        )
        gains.append([asdict(new)[name] - value for name, value in asdict(old).items()])
    least: NDArray[np.float64] = np.quantile(gains, _DOUBT, axis=0)
    return least

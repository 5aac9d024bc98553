"""What thresholds and confidences come to on the held-out questions.

Imported only while an index is built.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.asked_questions import Asked
from bot.retrieval.calibration_fitting import fit_calibration, fit_gate

DECILES = 10
# Into how many parts the held-out questions are split to judge each by a curve fitted on the others.
_CROSS_FITS = 5
_CURVE_POINTS = 41


@dataclass(frozen=True)
class CurvePoint:
    """What a threshold gives on held-out questions: shares of 1."""

    threshold: float
    coverage: float
    false_answer_rate: float


@dataclass(frozen=True)
class Decile:
    """A tenth of the held-out questions, by confidence: how many, its mean, and the share that was right.

    ``standard_error``: how far that share strays by chance alone where every confidence is true.
    """

    questions: int
    confidence: float
    right: float
    standard_error: float


def share_above(confidence: NDArray[np.float64], shares: NDArray[np.float64], threshold: float) -> float:
    """Share of the negatives that is answered."""
    return float(shares[confidence >= threshold].sum())


def curve(confidence: NDArray[np.float64], asked: Asked) -> tuple[CurvePoint, ...]:
    """What each of some thresholds gives, the lowest first."""
    inside, shares = confidence[asked.is_in_scope], asked.out_of_scope_shares
    thresholds = np.quantile(confidence[~asked.is_in_scope], np.linspace(0.5, 1, _CURVE_POINTS))
    return tuple(
        CurvePoint(float(t), float((inside >= t).mean()), share_above(confidence, shares, float(t)))
        for t in thresholds
    )


def reliability(asked: Asked) -> tuple[Decile, ...]:
    """Confidence against what came true, in tenths of the questions."""
    confidence = cross_fitted(asked)
    tenths = np.array_split(np.argsort(confidence, kind="stable"), DECILES)
    return tuple(
        decile_of(confidence[tenth], asked.is_right[tenth], asked.weights[tenth])
        for tenth in tenths
        if len(tenth)
    )


def cross_fitted(asked: Asked) -> NDArray[np.float64]:
    """(n,) confidences, each from a gate and a curve that did not see the question, in no round."""
    confidence = np.empty(len(asked.numbers))
    for part in range(_CROSS_FITS):
        this = asked.numbers % _CROSS_FITS == part
        others = asked.where(~this)
        gate = fit_gate(others)
        calibration = fit_calibration(gate.in_scope(others.signals), others)
        confidence[this] = calibration.probability(gate.in_scope(asked.signals[this]))
    return confidence


def decile_of(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> Decile:
    """One tenth of the questions, all given as (n,)."""
    mean, share = (float(np.average(values, weights=weights)) for values in (confidence, is_right))
    chance = np.sqrt((weights**2 * confidence * (1 - confidence)).sum()) / weights.sum()
    return Decile(len(confidence), mean, share, float(chance))

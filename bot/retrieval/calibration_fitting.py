"""Fits the gate and the calibration to questions that were held out, and puts the thresholds.

Imported only while an index is built.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.asked_questions import Asked
from bot.retrieval.bounded_regression import Bound, Examples, maximum_likelihood
from bot.retrieval.decision import Calibration, Gate, ramps

# Whether a signal speaks for being in scope, in the order of SIGNALS. Beside a classifier's beliefs the
# margin adds nothing (docs/quality.md).
_SIGNS = (1, -1, -1, 0, 1, 1)
_GATE_REGULARISATION = 1e-3
# Shares of the held-out phrasings around whose log-odds the calibration may bend.
_KNOTS = (0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.2, 0.4, 0.6, 0.8, 0.95)
_LEAST_SLOPE = 0.02
_CURVE_REGULARISATION = 3e-5


def fit_gate(asked: Asked) -> Gate:
    """Each signal may only speak for the side it speaks for by its meaning: few questions mislead."""
    spread = asked.signals.std(axis=0) + 1e-9
    bounds = [(0.0 if sign >= 0 else None, 0.0 if sign <= 0 else None) for sign in _SIGNS]
    examples = Examples(asked.signals / spread, asked.is_in_scope, asked.weights)
    fitted = maximum_likelihood(examples, bounds, _GATE_REGULARISATION)
    return Gate(fitted[:-1] / spread, float(fitted[-1]))


def fit_calibration(log_odds: NDArray[np.float64], asked: Asked) -> Calibration:
    """To the probability that the best entry is right, with slopes that cannot fall."""
    knots = np.quantile(log_odds[asked.is_in_scope], _KNOTS)
    bounds: list[Bound] = [(_LEAST_SLOPE, None), *[(0.0, None)] * len(knots)]
    examples = Examples(ramps(log_odds, knots), asked.is_right, asked.weights)
    fitted = maximum_likelihood(examples, bounds, _CURVE_REGULARISATION)
    return Calibration(knots, fitted[:-1], float(fitted[-1]))


def thresholds(
    confidence: NDArray[np.float64], shares: NDArray[np.float64], false_answer_rate: float
) -> tuple[float, float]:
    """Confidence that only the wanted share of the negatives reaches; a wider share may be asked back."""
    return (
        _reached_by(confidence, shares, false_answer_rate),
        _reached_by(confidence, shares, min(1.0, 4 * false_answer_rate)),
    )


def _reached_by(confidence: NDArray[np.float64], shares: NDArray[np.float64], share: float) -> float:
    """The lowest threshold that no more than this share of the negatives reaches."""
    order = np.argsort(-confidence)
    order = order[shares[order] > 0]
    too_many = np.cumsum(shares[order]) > share + 1e-9
    if not too_many.any():
        return float(confidence.min(initial=0.0))
    return float(np.nextafter(confidence[order[too_many.argmax()]], np.inf))

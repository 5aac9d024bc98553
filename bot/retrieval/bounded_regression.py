"""Logistic regression with a handful of coefficients, each held within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# The least and the most that a coefficient may be; None: no limit.
Bound = tuple[float | None, float | None]

_MOST_STEPS = 100
_LEVEL = 1e-9
_SHORTEST = 1e-6
# Share of the promised descent that a step must keep (Armijo's rule).
_KEPT_PROMISE = 1e-4
_TINY = 1e-12


@dataclass(frozen=True)
class Examples:
    """``features``: (n, features); ``truth``, ``weights``: (n,), how much each counts."""

    features: Numbers
    truth: NDArray[np.bool_]
    weights: Numbers


def maximum_likelihood(examples: Examples, bounds: Sequence[Bound], regularisation: float) -> Numbers:
    """(features + 1,) coefficients, the last one the bias, which is free.

    Newton's method; a coefficient at a bound that it would overstep stays there.
    """
    lows = np.array([*(-np.inf if low is None else low for low, _ in bounds), -np.inf])
    highs = np.array([*(np.inf if high is None else high for _, high in bounds), np.inf])
    problem = _Problem.of(examples, regularisation)
    here = np.clip(np.zeros(len(lows)), lows, highs)
    for _ in range(_MOST_STEPS):
        slope, bend = problem.slope_and_bend(here)
        is_free = ~((here <= lows) & (slope > 0) | (here >= highs) & (slope < 0))
        if np.abs(slope[is_free]).max(initial=0.0) < _LEVEL:
            break
        step = np.zeros_like(here)
        step[is_free] = -np.linalg.solve(bend[np.ix_(is_free, is_free)], slope[is_free])
        there = _lower(problem, here, step, slope, (lows, highs))
        if there is None:
            break
        here = there
    return here


@dataclass(frozen=True)
class _Problem:
    """``columns``: (n, features + 1), each row with the sign of its truth."""

    columns: Numbers
    weights: Numbers
    penalty: Numbers

    @classmethod
    def of(cls, examples: Examples, regularisation: float) -> _Problem:
        features = examples.features
        columns = np.column_stack([features, np.ones(len(features))])
        signs = np.where(examples.truth, 1.0, -1.0)
        penalty = np.append(np.full(features.shape[1], regularisation), 0.0)
        return cls(columns * signs[:, None], examples.weights / len(features), penalty)

    def loss(self, coefficients: Numbers) -> float:
        agreement = self.columns @ coefficients
        return float(self.weights @ np.logaddexp(0, -agreement) + self.penalty @ coefficients**2)

    def slope_and_bend(self, coefficients: Numbers) -> tuple[Numbers, Numbers]:
        """The loss's first and second derivatives."""
        wrong = 1 / (1 + np.exp(np.clip(self.columns @ coefficients, -30, 30)))
        slope = 2 * self.penalty * coefficients - self.columns.T @ (self.weights * wrong)
        curvature = self.weights * wrong * (1 - wrong)
        bend = (self.columns * curvature[:, None]).T @ self.columns
        return slope, bend + np.diag(2 * self.penalty + _TINY)


def _lower(
    problem: _Problem, here: Numbers, step: Numbers, slope: Numbers, bounds: tuple[Numbers, Numbers]
) -> Numbers | None:
    """Where the loss has fallen as it promised to: a step, or a part of it, within the bounds."""
    before, length = problem.loss(here), 1.0
    while length >= _SHORTEST:
        there = np.clip(here + length * step, *bounds)
        if problem.loss(there) < before + _KEPT_PROMISE * float(slope @ (there - here)):
            return there
        length /= 2
    return None

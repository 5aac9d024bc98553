"""Logistic regression within bounds: what is likeliest, and nothing beyond a bound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from bot.retrieval.bounded_regression import Examples, maximum_likelihood

CHANCE = np.random.default_rng(3)
FEATURES = CHANCE.normal(size=(400, 3))
TRUTH = FEATURES @ [2.0, -1.0, 0.0] + CHANCE.logistic(size=400) > 0.5
EXAMPLES = Examples(FEATURES, TRUTH, CHANCE.uniform(0.5, 1.5, 400))


def loss(coefficients: np.ndarray, examples: Examples, regularisation: float) -> float:
    agreement = np.where(examples.truth, 1, -1) * (examples.features @ coefficients[:-1] + coefficients[-1])
    wrong = (examples.weights * np.logaddexp(0, -agreement)).mean()
    return float(wrong + regularisation * (coefficients[:-1] ** 2).sum())


@pytest.mark.parametrize(
    "bounds",
    [
        [(None, None)] * 3,
        [(0.0, None)] * 3,
        [(None, 0.0), (None, None), (0.3, None)],
        [(0.0, 0.0), (None, -0.2), (0.0, None)],
        [(None, -0.5), (0.5, None), (None, None)],
        [(None, -3.0), (None, None), (None, None)],
    ],
)
def test_it_is_as_likely_as_what_a_general_search_finds(bounds):
    found = maximum_likelihood(EXAMPLES, bounds, 1e-3)
    start = [low if low is not None else high or 0.0 for low, high in bounds]
    sought = minimize(
        loss, [*start, 0.0], (EXAMPLES, 1e-3), "L-BFGS-B", bounds=[*bounds, (None, None)], tol=1e-12
    )

    assert loss(found, EXAMPLES, 1e-3) <= sought.fun + 1e-9
    assert found == pytest.approx(sought.x, abs=1e-3)
    for coefficient, (low, high) in zip(found, bounds, strict=False):
        assert (low is None or coefficient >= low) and (high is None or coefficient <= high)


def test_what_can_be_told_apart_without_a_mistake_stays_finite():
    features = np.concatenate([np.full(5, -1.0), np.full(5, 1.0)])[:, None]
    found = maximum_likelihood(Examples(features, features[:, 0] > 0, np.ones(10)), [(0.0, None)], 1e-3)

    assert np.isfinite(found).all()
    assert found[0] > 2


def test_where_everything_is_true_the_bias_says_so():
    found = maximum_likelihood(Examples(FEATURES, np.ones(400, bool), np.ones(400)), [(0.0, 0.0)] * 3, 1e-3)

    assert found[:-1].tolist() == [0, 0, 0]
    assert found[-1] > 5


def test_features_in_large_units_are_no_trouble(recwarn):
    """A bound may ask for more than any number holds: nothing is said of it while an index is built."""
    features = np.linspace(-1e4, 1e4, 40)[:, None]
    found = maximum_likelihood(Examples(features, features[:, 0] > 0, np.ones(40)), [(0.3, None)], 1e-3)

    assert found[0] == pytest.approx(0.3)
    assert not recwarn.list


@pytest.mark.parametrize("regularisation", [0.05, 1.0])
def test_however_strong_the_regularisation_it_is_as_likely_as_can_be(regularisation):
    """Features that say nearly the same, of which most are true: coefficients rise and fall again."""
    features = FEATURES @ np.array([(1.0, 0.9, 0.8), (0.0, 0.3, -0.9), (0.0, 0.0, 0.5)])
    examples = Examples(features, TRUTH | (FEATURES[:, 2] > -1), EXAMPLES.weights)
    found = maximum_likelihood(examples, [(None, None)] * 3, regularisation)
    sought = minimize(loss, np.zeros(4), (examples, regularisation), tol=1e-12)

    assert found == pytest.approx(sought.x, abs=1e-5)

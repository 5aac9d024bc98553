"""The classifier explains questions nearly as well as the slowest search could, and knows what is rare."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from bot.retrieval.classifier_fitting import fit_classifier
from bot.retrieval.vectors import unit

# Of the penalty on weights, as the classifier is defined.
REGULARISATION = 0.1


def questions(rows: int, classes: int, noise: float, seed: int, dimensions: int = 8, narrow: float = 1.0):
    """Unit vectors around each class's middle, some classes more common; the last dimension is ``narrow``."""
    rng = np.random.default_rng(seed)
    common = np.arange(1, classes + 1)
    numbers = np.append(np.arange(classes), rng.choice(classes, rows - classes, p=common / common.sum()))
    spread = noise * rng.normal(size=(rows, dimensions))
    vectors = (rng.normal(size=(classes, dimensions))[numbers] + spread) * np.geomspace(1, narrow, dimensions)
    return unit(vectors.astype(np.float32)), numbers


def loss(flat: np.ndarray, vectors: np.ndarray, numbers: np.ndarray) -> tuple[float, np.ndarray]:
    """Of (classes * (dimensions + 1),) weights and biases; with its slope."""
    weights = flat.reshape(-1, vectors.shape[1] + 1)
    logits = vectors @ weights[:, :-1].T + weights[:, -1]
    beliefs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    own = np.arange(len(numbers)), numbers
    wrong = np.exp(beliefs)
    wrong[own] -= 1
    slope = np.column_stack([wrong.T @ vectors + REGULARISATION * weights[:, :-1], wrong.sum(axis=0)])
    penalty = REGULARISATION / 2 * (weights[:, :-1] ** 2).sum()
    return penalty - beliefs[own].sum(), slope.ravel()


def least_loss(vectors: np.ndarray, numbers: np.ndarray) -> float:
    start = np.zeros((numbers.max() + 1) * (vectors.shape[1] + 1))
    return float(minimize(loss, start, (vectors.astype(float), numbers), jac=True, method="L-BFGS-B").fun)


def fitted_loss(vectors: np.ndarray, numbers: np.ndarray) -> float:
    fitted = fit_classifier(vectors, numbers, numbers.max())
    flat = np.column_stack([fitted.weights, fitted.bias]).astype(float).ravel()
    return loss(flat, vectors.astype(float), numbers)[0]


@pytest.mark.parametrize("seed", [0, 2, 3])
@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0, 5.0])
def test_questions_are_explained_nearly_as_well_as_can_be(noise, seed):
    """Whether classes lie apart or all over each other."""
    asked = questions(300, 5, noise, seed)

    assert fitted_loss(*asked) < 1.05 * least_loss(*asked)


@pytest.mark.parametrize(("noise", "seed"), [(2.0, 5), (2.0, 16), (2.5, 29)])
def test_a_first_step_that_is_much_too_long_is_not_the_last(noise, seed):
    """Half of it gains next to nothing: a third to a half more was left unexplained."""
    asked = questions(300, 5, noise, seed)

    assert fitted_loss(*asked) < 1.05 * least_loss(*asked)


@pytest.mark.parametrize(("rows", "classes", "narrow"), [(1_300, 6, 0.1), (700, 20, 0.2), (12, 3, 1.0)])
def test_so_are_many_many_classes_and_directions_that_say_little(rows, classes, narrow):
    asked = questions(rows, classes, 0.7, 1, 12, narrow)

    assert fitted_loss(*asked) < 1.05 * least_loss(*asked)


def test_vectors_that_say_nothing_leave_each_class_as_likely_as_it_is_common():
    fitted = fit_classifier(np.zeros((8, 4), np.float32), np.repeat([0, 2, 3], (1, 2, 5)), 3)
    likely = np.exp(fitted.log_probabilities(np.eye(1, 4, dtype=np.float32)))

    assert likely[0].tolist() == pytest.approx([1 / 8, 0, 2 / 8, 5 / 8], abs=1e-4)


def test_an_entry_that_nothing_is_asked_of_is_unlikelier_than_any_other_whatever_is_asked():
    """Its phrasings may all be held out: e^-10 of what the rarest class has where nothing is said."""
    vectors, numbers = questions(300, 4, 0.5, 0)
    fitted = fit_classifier(vectors, np.array([0, 1, 3, 4])[numbers], 4)
    nowhere = fitted.log_probabilities(np.zeros((1, 8), np.float32))[0]

    assert nowhere[2] == pytest.approx(nowhere[[0, 1, 3, 4]].min() - 10, abs=1e-4)
    assert (fitted.log_probabilities(vectors).argmin(axis=1) == 2).mean() > 0.9


def test_what_is_fitted_is_kept_in_single_precision():
    fitted = fit_classifier(*questions(60, 3, 0.5, 0), 3)

    assert (fitted.weights.dtype, fitted.bias.dtype) == (np.float32, np.float32)

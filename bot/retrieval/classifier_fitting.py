"""Fits the classifier: the costly part of a build, and a function of the questions alone.

Seen along the directions in which the questions differ most, each weight has a curvature that is known
beforehand well enough: L-BFGS that starts from it takes a third of the usual steps. Imported only while
an index is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.decision import Classifier
from bot.retrieval.vectors import Vectors

_REGULARISATION = np.float32(0.1)
# A step that gains less than this share of the loss is the last one.
_LEAST_GAIN = 0.01
_MOST_STEPS = 30
_REMEMBERED_STEPS = 10
_SHORTEST = 1e-3
# Share of the promised descent that a step must keep (Armijo's rule).
_KEPT_PROMISE = 1e-4
# How much of a direction's spread a class of all questions would feel.
_CURVATURE = np.float32(0.03)
# What fits into a core's cache with its beliefs.
_ROWS_AT_ONCE = 512

# (n, dimensions) centred vectors, (n,) their classes, and how many there are before the last one, "none".
Fit = Callable[[Vectors, NDArray[np.integer[Any]], int], Classifier]


def fit_classifier(vectors: Vectors, classes: NDArray[np.integer[Any]], entry_count: int) -> Classifier:
    """Multinomial logistic regression; a class without a vector is as unlikely as can be."""
    seen, places = np.unique(classes, return_inverse=True)
    spread, directions = np.linalg.eigh(vectors.T @ vectors)
    along = np.column_stack([vectors @ directions, np.ones(len(vectors), np.float32)])
    fitted = _descended(_Questions(along, places, np.bincount(places)), spread)
    weights = np.zeros((entry_count + 1, vectors.shape[1]), np.float32)
    # An entry all of whose phrasings were held out is unknown to this model.
    bias = np.full(entry_count + 1, fitted[-1].min() - 10, np.float32)
    weights[seen], bias[seen] = (directions @ fitted[:-1]).T, fitted[-1]
    return Classifier(weights, bias)


@dataclass(frozen=True)
class _Questions:
    """``features``: (n, dimensions + 1), the last one 1; ``classes``: (n,); ``counts``: (classes,)."""

    features: Vectors
    classes: NDArray[np.intp]
    counts: NDArray[np.intp]

    def start(self) -> Vectors:
        """(dimensions + 1, classes): each class as likely as it is common."""
        weights = np.zeros((self.features.shape[1], len(self.counts)), np.float32)
        weights[-1] = np.log(self.counts / len(self.classes))
        return weights

    def at(self, weights: Vectors) -> _Place:
        """The loss: negative log-likelihood and the penalty on weights, biases apart."""
        slope = _REGULARISATION * weights
        slope[-1] = 0
        loss = 0.5 * float(np.vdot(slope, weights))
        for start in range(0, len(self.classes), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            loss += self._add(part, weights, slope)
        return _Place(weights, loss, slope)

    def _add(self, part: slice, weights: Vectors, slope: Vectors) -> float:
        features, classes = self.features[part], self.classes[part]
        own = np.arange(len(classes)), classes
        logits = features @ weights
        logits -= logits.max(axis=1, keepdims=True)
        loss = -float(logits[own].sum(dtype=np.float64))
        shares = np.exp(logits, out=logits)
        totals = shares.sum(axis=1, keepdims=True)
        shares /= totals
        shares[own] -= 1
        slope += features.T @ shares
        return loss + float(np.log(totals).sum(dtype=np.float64))


@dataclass(frozen=True)
class _Place:
    """Weights with their loss and its slope."""

    weights: Vectors
    loss: float
    slope: Vectors


def _descended(questions: _Questions, spread: Vectors) -> Vectors:
    """The weights that explain the questions best, or nearly so."""
    memory = _Memory(_curvatures(questions, spread))
    here = questions.at(questions.start())
    for taken in range(_MOST_STEPS):
        before, here = here, _lower(questions, here, memory.direction(here.slope))
        memory.add(here.weights - before.weights, here.slope - before.slope)
        # The first step may gain little for a curvature that was guessed wrong.
        if taken and before.loss - here.loss < _LEAST_GAIN * before.loss:
            break
    return here.weights


def _lower(questions: _Questions, here: _Place, direction: Vectors) -> _Place:
    """Where the loss has fallen as it promised to, a step or a part of it further."""
    promised = _KEPT_PROMISE * float(np.vdot(direction, here.slope))
    length = 1.0
    while True:
        there = questions.at(here.weights + np.float32(length) * direction)
        if there.loss <= here.loss + length * promised:
            return there
        length /= 2
        if length < _SHORTEST:
            return here


def _curvatures(questions: _Questions, spread: Vectors) -> Vectors:
    """(dimensions + 1, classes): how steeply the slope changes along each weight, roughly."""
    of_features = np.append(np.maximum(spread, 0), len(questions.classes)).astype(np.float32)
    of_classes = np.sqrt(questions.counts / len(questions.classes)).astype(np.float32)
    scale = _CURVATURE * np.float32(np.sqrt(len(questions.counts)))
    return scale * np.outer(of_features, of_classes) + _REGULARISATION


class _Memory:
    """What the last steps told of the curvature (L-BFGS, two loops)."""

    def __init__(self, curvatures: Vectors) -> None:
        self._curvatures = curvatures
        self._scale = np.float32(1)
        self._steps: list[tuple[Vectors, Vectors, float]] = []

    def add(self, step: Vectors, change: Vectors) -> None:
        """A step that was made, and how the slope changed with it."""
        bend = float(np.vdot(step, change))
        if bend > 0:
            self._steps = [*self._steps, (step, change, bend)][-_REMEMBERED_STEPS:]
            self._scale = np.float32(bend / float(np.vdot(change, change / self._curvatures)))

    def direction(self, slope: Vectors) -> Vectors:
        """Where the loss falls."""
        left, shares = slope.copy(), []
        for step, change, bend in reversed(self._steps):
            share = float(np.vdot(step, left)) / bend
            shares.append(share)
            left -= np.float32(share) * change
        left *= self._scale / self._curvatures
        for (step, change, bend), share in zip(self._steps, reversed(shares), strict=True):
            left += np.float32(share - float(np.vdot(change, left)) / bend) * step
        return -left

"""The decision: which entry answers a query, and how likely it is that any does.

An entry's score adds up what a classifier over the entries believes and how close its best phrasing and
its best passage are. A second, smaller model (the gate) turns four signals into a confidence.
Both are trained at build time (``training``); here they are only applied, with numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Vectors

# Weights of the score: the best of those tried on held-out phrasings of the product's own knowledge.
PHRASING_WEIGHT = 10.0
PASSAGE_WEIGHT = 6.0

SIGNALS = ("best phrasing", "best background", "out of scope", "margin")


@dataclass(frozen=True)
class Classifier:
    """Multinomial logistic regression; the last class is "none of the entries".

    ``weights``: (entries + 1, dimensions) float32; ``bias``: (entries + 1,) float32.
    """

    weights: Vectors
    bias: Vectors

    def log_probabilities(self, queries: Vectors) -> Vectors:
        """(n, dimensions) centred query vectors -> (n, entries + 1) log-probabilities."""
        logits = queries @ self.weights.T + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        normalised: Vectors = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return normalised


@dataclass(frozen=True)
class Gate:
    """Logistic regression over the signals: (signals,) float64 weights and a bias."""

    weights: NDArray[np.float64]
    bias: float

    def confidence(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, signals) -> (n,) probability that the query is in scope."""
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-(signals @ self.weights + self.bias)))
        return probability


@dataclass(frozen=True)
class Decision:
    """Everything the build learnt; ``classifier`` is None where entries have too few phrasings."""

    classifier: Classifier | None
    gate: Gate
    answer_threshold: float
    clarify_threshold: float

    def score(self, query: Vectors, evidence: Evidence) -> tuple[Vectors, float]:
        """Scores of all entries (entries,) for one centred query vector (dimensions,), and the confidence."""
        beliefs = self.classifier.log_probabilities(query[None]) if self.classifier else None
        scores = score(evidence, beliefs)
        return scores.entries[0], float(self.gate.confidence(scores.signals)[0])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The parameters, for ``numpy.savez``."""
        none = np.empty(0, np.float32)
        return {
            "classifier_weights": self.classifier.weights if self.classifier else none,
            "classifier_bias": self.classifier.bias if self.classifier else none,
            "gate_weights": self.gate.weights,
            "gate_bias": np.array(self.gate.bias),
            "thresholds": np.array([self.answer_threshold, self.clarify_threshold]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Decision:
        """What ``to_arrays`` gave."""
        weights, bias = arrays["classifier_weights"], arrays["classifier_bias"]
        answer, clarify = arrays["thresholds"].tolist()
        gate = Gate(arrays["gate_weights"], float(arrays["gate_bias"]))
        return cls(Classifier(weights, bias) if len(bias) else None, gate, answer, clarify)


@dataclass(frozen=True)
class Evidence:
    """Cosines of n queries: to each entry's best phrasing and passage (n, entries), and to the
    nearest background question (n,).
    """

    phrasings: Vectors
    passages: Vectors
    background: Vectors


@dataclass(frozen=True)
class Scores:
    """Scores (n, entries), higher is closer, and the gate's signals (n, signals)."""

    entries: Vectors
    signals: NDArray[np.float64]


def score(evidence: Evidence, log_probabilities: Vectors | None) -> Scores:
    """Combine the evidence; ``log_probabilities`` is None where no classifier was trained."""
    scores = PHRASING_WEIGHT * evidence.phrasings + PASSAGE_WEIGHT * evidence.passages
    out_of_scope = np.zeros(len(scores), np.float32)
    if log_probabilities is not None:
        scores = scores + log_probabilities[:, :-1]
        out_of_scope = log_probabilities[:, -1]
    signals = np.stack(
        [evidence.phrasings.max(axis=1), evidence.background, out_of_scope, _margin(scores)],
        axis=1,
    )
    return Scores(scores, signals.astype(np.float64))


def _margin(scores: Vectors) -> Vectors:
    """How far the best score is above the second best; 0 with a single entry."""
    if scores.shape[1] < 2:
        return np.zeros(len(scores), np.float32)
    best_two = np.partition(scores, -2, axis=1)[:, -2:]
    margin: Vectors = best_two[:, 1] - best_two[:, 0]
    return margin

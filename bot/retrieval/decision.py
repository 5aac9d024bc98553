"""The decision: which entry answers a query, and how likely it is that it does.

An entry's score adds up what a classifier over the entries believes and how close its best phrasing and
its best passage are, in meaning and in words. A second, smaller model (the gate) tells from a few signals
how surely the query is in scope; its answer is calibrated to the probability that the best entry is right.
All of it is trained at build time (``training``); here it is only applied, with numpy alone.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import Closeness
from bot.retrieval.vectors import Vectors

SIGNALS = ("best phrasing", "best background", "out of scope", "margin", "best score", "length")


@dataclass(frozen=True)
class Weights:
    """How much each kind of evidence counts in an entry's score."""

    belief: float
    phrasing: float
    passage: float
    lexical: float


# Measured in docs/quality.md. Words are no help across languages, which is where an entry with a single
# phrasing is often asked for.
WITH_CLASSIFIER = Weights(belief=1.0, phrasing=6.0, passage=3.0, lexical=4.0)
WITHOUT_CLASSIFIER = Weights(belief=0.0, phrasing=10.0, passage=1.0, lexical=0.0)


@dataclass(frozen=True)
class Classifier:
    """Multinomial logistic regression; the last class is "none of the entries".

    ``weights``: (entries + 1, dimensions) float32; ``bias``: (entries + 1,) float32.
    """

    weights: Vectors
    bias: Vectors

    def log_probabilities(self, queries: Vectors) -> Vectors:
        """(n, dimensions) centred query vectors -> (n, entries + 1) log-probabilities."""
        logits = queries @ self.weights.T
        logits += self.bias
        logits -= np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return logits


@dataclass(frozen=True)
class Evidence:
    """What is known of n queries, entry by entry.

    ``phrasings``, ``passages``: (n, entries) cosines to each entry's best one; ``lexical``: the same over
    words; ``beliefs``: (n, entries + 1) log-probabilities of the classifier, or None; ``background``: (n,)
    cosines to the nearest background question; ``lengths``: (n,) as ``length`` gives them.
    """

    phrasings: Vectors
    passages: Vectors
    lexical: Vectors
    beliefs: Vectors | None
    background: Vectors
    lengths: Vectors

    def scores(self) -> Vectors:
        """(n, entries), higher is closer."""
        weights = WITHOUT_CLASSIFIER if self.beliefs is None else WITH_CLASSIFIER
        scores = weights.phrasing * self.phrasings + weights.passage * self.passages
        if self.beliefs is not None:
            scores = scores + weights.belief * self.beliefs[:, :-1] + weights.lexical * self.lexical
        return scores

    def closeness(self, entries: NDArray[np.intp]) -> list[Closeness]:
        """What speaks for each of some entries, given by number, of the first query."""
        kinds = (self.phrasings, self.passages, self.lexical)
        phrasings, passages, lexical = (kind[0].take(entries).tolist() for kind in kinds)
        beliefs = [None] * len(entries) if self.beliefs is None else self.beliefs[0].take(entries).tolist()
        return list(map(Closeness, phrasings, passages, lexical, beliefs))

    def signals_of_one(self, ordered: Sequence[float]) -> tuple[float, ...]:
        """The same of the only query, whose scores are given from the best on."""
        best, second = (*ordered[:2], 0.0)[:2]
        margin = best - second if len(ordered) > 1 else abs(best)
        nearest = self.phrasings[0, self.phrasings[0].argmax()].item()
        unlike_all = 0.0 if self.beliefs is None else self.beliefs[0, -1].item()
        return (nearest, self.background.item(), unlike_all, margin, best, self.lengths.item())

    def signals(self, scores: Vectors) -> NDArray[np.float64]:
        """(n, signals) for the gate, in the order of ``SIGNALS``."""
        best, margin = _best_and_margin(scores)
        signals = np.empty((len(scores), len(SIGNALS)))
        signals[:, 0] = self.phrasings.max(axis=1)
        signals[:, 1] = self.background
        signals[:, 2] = 0.0 if self.beliefs is None else self.beliefs[:, -1]
        signals[:, 3] = margin
        signals[:, 4] = best
        signals[:, 5] = self.lengths
        return signals


def length(text: str) -> float:
    """Logarithm of a text's UTF-8 bytes, in which a Chinese and an English question are about as long.

    A long question is further from every phrasing than a short one without being less answerable.
    """
    return math.log1p(len(text.encode()))


@dataclass(frozen=True)
class Gate:
    """Logistic regression over the signals: (signals,) float64 weights and a bias."""

    weights: NDArray[np.float64]
    bias: float

    def in_scope(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, signals) -> (n,) log-odds that the query is in scope."""
        log_odds: NDArray[np.float64] = signals @ self.weights + self.bias
        return log_odds

    def in_scope_of(self, signals: Sequence[float]) -> float:
        """The same for one query."""
        return math.fsum(map(operator.mul, signals, self._weights)) + self.bias

    @cached_property
    def _weights(self) -> list[float]:
        weights: list[float] = self.weights.tolist()
        return weights


@dataclass(frozen=True)
class Calibration:
    """A smooth, strictly rising curve from the gate's log-odds to the probability of being right.

    ``slopes``: (ramps + 1,), none negative: of the log-odds themselves and of a ramp above each of ``knots``.
    """

    knots: NDArray[np.float64]
    slopes: NDArray[np.float64]
    bias: float

    def probability(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) -> (n,) between 0 and 1."""
        return _sigmoid(ramps(log_odds, self.knots) @ self.slopes + self.bias)

    def probability_of(self, log_odds: float) -> float:
        """The same for one query: a dozen numbers, for which NumPy takes longer to start than to count."""
        own, steps = self._steps
        rising = [slope * _share(log_odds - knot) for slope, knot in steps]
        return _share(own * log_odds + math.fsum(rising) + self.bias)

    @cached_property
    def _steps(self) -> tuple[float, list[tuple[float, float]]]:
        """The slope of the log-odds, and slope and knot of each ramp that rises at all."""
        own, *slopes = self.slopes.tolist()
        return own, [pair for pair in zip(slopes, self.knots.tolist(), strict=True) if pair[0]]


def ramps(log_odds: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) -> (n, knots + 1): the log-odds, and soft steps that rise around each knot."""
    rising = np.empty((len(log_odds), len(knots) + 1))
    rising[:, 0] = log_odds
    rising[:, 1:] = _sigmoid(log_odds[:, None] - knots)
    return rising


def _sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    # Half the operations of the usual form, and nothing that overflows.
    shares: NDArray[np.float64] = np.tanh(log_odds * 0.5) * 0.5 + 0.5
    return shares


def _share(log_odds: float) -> float:
    return math.tanh(log_odds * 0.5) * 0.5 + 0.5


@dataclass(frozen=True)
class Judgement:
    """Of one query: scores of all entries (entries,) and the confidence that the best one is right.

    ``order``: (entries,) their numbers, best first; ``signals``: what the confidence rests on.
    """

    scores: Vectors
    order: NDArray[np.intp]
    confidence: float
    signals: tuple[float, ...]


@dataclass(frozen=True)
class Decision:
    """Everything the build learnt; ``classifier`` is None where entries have too few phrasings."""

    classifier: Classifier | None
    gate: Gate
    calibration: Calibration
    answer_threshold: float
    clarify_threshold: float

    def beliefs(self, queries: Vectors) -> Vectors | None:
        """(n, dimensions) centred query vectors -> what the classifier makes of them."""
        return self.classifier.log_probabilities(queries) if self.classifier else None

    def judge(self, evidence: Evidence) -> Judgement:
        """What the evidence on one query comes to."""
        (scores,) = evidence.scores()
        order = np.argsort(-scores, kind="stable")
        signals = evidence.signals_of_one(scores[order[:2]].tolist())
        confidence = self.calibration.probability_of(self.gate.in_scope_of(signals))
        return Judgement(scores, order, confidence, signals)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The parameters, for ``numpy.savez``."""
        none = np.empty(0, np.float32)
        return {
            "classifier_weights": self.classifier.weights if self.classifier else none,
            "classifier_bias": self.classifier.bias if self.classifier else none,
            "gate_weights": self.gate.weights,
            "calibration_knots": self.calibration.knots,
            "calibration_slopes": self.calibration.slopes,
            "biases": np.array([self.gate.bias, self.calibration.bias]),
            "thresholds": np.array([self.answer_threshold, self.clarify_threshold]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Decision:
        """What ``to_arrays`` gave."""
        weights, bias = arrays["classifier_weights"], arrays["classifier_bias"]
        gate_bias, calibration_bias = arrays["biases"].tolist()
        return cls(
            Classifier(weights, bias) if len(bias) else None,
            Gate(arrays["gate_weights"], gate_bias),
            Calibration(arrays["calibration_knots"], arrays["calibration_slopes"], calibration_bias),
            *arrays["thresholds"].tolist(),
        )


def _best_and_margin(scores: Vectors) -> tuple[Vectors, Vectors]:
    """The best score, and how far it is from the second best, or from 0 where there is no other."""
    if scores.shape[1] < 2:
        return scores[:, 0], np.abs(scores[:, 0])
    best_two = np.partition(scores, -2, axis=1)
    return best_two[:, -1], best_two[:, -1] - best_two[:, -2]


def lengths(texts: Sequence[str]) -> Vectors:
    """(n,) float32 lengths of texts."""
    return np.array([length(text) for text in texts], np.float32)

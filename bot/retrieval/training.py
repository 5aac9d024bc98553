"""Trains the decision and calibrates it on the knowledge base itself.

Positives are phrasings that were held out (their entry keeps its other phrasings); negatives are
background questions, held out the same way. Nothing here ever sees an evaluation set.
Imported only while an index is built: scikit-learn stays out of web workers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot.ports import Progress
from bot.retrieval.decision import Classifier, Decision, Evidence, Gate, Scores, score
from bot.retrieval.vectors import Vectors, best_per_group

FOLDS = 3
# Beyond this many classes the regression takes minutes and has too few phrasings each to learn from.
MAX_CLASSES = 2_000
MIN_PHRASINGS_PER_ENTRY = 3
_INVERSE_REGULARISATION = 10.0
_CURVE_POINTS = 41


@dataclass(frozen=True)
class TrainingSet:
    """Centred vectors: phrasings and passages with their entry's number, and the background."""

    entry_count: int
    phrasings: Vectors
    phrasing_entries: NDArray[np.intp]
    passages: Vectors
    passage_entries: NDArray[np.intp]
    background: Vectors

    @property
    def is_classifiable(self) -> bool:
        """Whether the entries have enough phrasings for a classifier, and for holding some out."""
        enough = len(self.phrasings) >= MIN_PHRASINGS_PER_ENTRY * self.entry_count
        return enough and self.entry_count <= MAX_CLASSES and len(self.background) >= FOLDS


@dataclass(frozen=True)
class CurvePoint:
    """What a threshold gives on held-out questions: shares of 1."""

    threshold: float
    coverage: float
    false_answer_rate: float


@dataclass(frozen=True)
class Trained:
    """The decision and the figures it was chosen by."""

    decision: Decision
    curve: tuple[CurvePoint, ...] = ()
    held_out_hit_at_1: float | None = None
    coverage: float | None = None
    false_answer_rate: float | None = None


# The gate where nothing can be held out (one phrasing an entry): fitted on this product's own
# knowledge base without the classifier's signals.
_PRIOR = Decision(None, Gate(np.array([14.0, -9.0, 0.0, 0.7]), -2.5), 0.6, 0.4)


def train(data: TrainingSet, *, false_answer_rate: float, progress: Progress) -> Trained:
    """Fit classifier and gate; put the answer threshold where ``false_answer_rate`` is met."""
    if not data.is_classifiable:
        return Trained(_PRIOR)
    held_out = [_held_out_fold(data, fold, progress) for fold in range(FOLDS)]
    in_scope = np.concatenate([fold.in_scope for fold in held_out])
    signals = np.concatenate([fold.scores.signals for fold in held_out])
    gate = _fit_gate(signals, in_scope)
    confidence = gate.confidence(signals)
    answer, clarify = _thresholds(confidence[~in_scope], false_answer_rate)
    progress("training the decision", FOLDS, FOLDS + 1)
    classifier = _fit_classifier(data.phrasings, data.phrasing_entries, data.background, data.entry_count)
    progress("training the decision", FOLDS + 1, FOLDS + 1)
    hit_at_1 = float(np.mean(np.concatenate([fold.is_hit for fold in held_out])))
    curve = _curve(confidence[in_scope], confidence[~in_scope])
    return Trained(
        Decision(classifier, gate, answer, clarify),
        curve,
        hit_at_1,
        coverage=float((confidence[in_scope] >= answer).mean()),
        false_answer_rate=float((confidence[~in_scope] >= answer).mean()),
    )


@dataclass(frozen=True)
class _Fold:
    """Scores of the questions held out in one fold: phrasings first, background after."""

    scores: Scores
    in_scope: NDArray[np.bool_]
    is_hit: NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """What a decision made of questions it had not seen: for each phrasing whether its entry came first,
    and the confidences of phrasings and background.
    """

    is_hit: NDArray[np.bool_]
    phrasings: NDArray[np.float64]
    background: NDArray[np.float64]


def hold_out(
    data: TrainingSet, phrasing_out: NDArray[np.bool_], background_out: NDArray[np.bool_], progress: Progress
) -> HeldOut:
    """Train on the other rows and judge these; the data must be classifiable."""
    progress("training the decision", 0, 1)
    judged = _judge(data, phrasing_out, background_out)
    confidence = _fit_gate(judged.scores.signals, judged.in_scope).confidence(judged.scores.signals)
    progress("training the decision", 1, 1)
    return HeldOut(judged.is_hit, confidence[judged.in_scope], confidence[~judged.in_scope])


def _held_out_fold(data: TrainingSet, fold: int, progress: Progress) -> _Fold:
    progress("training the decision", fold, FOLDS + 1)
    return _judge(data, in_fold(len(data.phrasings), fold), in_fold(len(data.background), fold))


def _judge(data: TrainingSet, phrasing_out: NDArray[np.bool_], background_out: NDArray[np.bool_]) -> _Fold:
    queries = np.vstack([data.phrasings[phrasing_out], data.background[background_out]])
    kept, kept_entries = data.phrasings[~phrasing_out], data.phrasing_entries[~phrasing_out]
    kept_background = data.background[~background_out]
    classifier = _fit_classifier(kept, kept_entries, kept_background, data.entry_count)
    evidence = Evidence(
        best_per_group(queries @ kept.T, kept_entries, data.entry_count),
        best_per_group(queries @ data.passages.T, data.passage_entries, data.entry_count),
        (queries @ kept_background.T).max(axis=1),
    )
    scores = score(evidence, classifier.log_probabilities(queries))
    truth = data.phrasing_entries[phrasing_out]
    in_scope = np.arange(len(queries)) < len(truth)
    return _Fold(scores, in_scope, scores.entries[: len(truth)].argmax(axis=1) == truth)


def in_fold(count: int, fold: int) -> NDArray[np.bool_]:
    """A fixed pseudo-random third, so that the same knowledge gives the same index."""
    is_in: NDArray[np.bool_] = np.random.default_rng(0).integers(0, FOLDS, count) == fold
    return is_in


def _fit_classifier(
    phrasings: Vectors, entries: NDArray[np.intp], background: Vectors, entry_count: int
) -> Classifier:
    vectors = np.vstack([phrasings, background])
    classes = np.concatenate([entries, np.full(len(background), entry_count)])
    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
    model.fit(vectors, classes)
    weights = np.zeros((entry_count + 1, vectors.shape[1]), np.float32)
    # An entry all of whose phrasings were held out is unknown to this model.
    bias = np.full(entry_count + 1, model.intercept_.min() - 10, np.float32)
    # Of two classes scikit-learn keeps one row: that of the second class, the background.
    seen = model.classes_ if len(model.coef_) > 1 else model.classes_[1:]
    bias[model.classes_] = 0
    weights[seen], bias[seen] = model.coef_, model.intercept_
    return Classifier(weights, bias)


def _fit_gate(signals: NDArray[np.float64], in_scope: NDArray[np.bool_]) -> Gate:
    spread = signals.std(axis=0) + 1e-9
    model = LogisticRegression(C=10, class_weight="balanced").fit(signals / spread, in_scope)
    return Gate(model.coef_[0] / spread, float(model.intercept_[0]))


def _thresholds(background_confidence: NDArray[np.float64], false_answer_rate: float) -> tuple[float, float]:
    """Confidence that only the wanted share of the background exceeds; a wider share may be asked back."""
    return (
        reached_by(background_confidence, false_answer_rate),
        reached_by(background_confidence, min(1.0, 4 * false_answer_rate)),
    )


def reached_by(confidence: NDArray[np.float64], share: float) -> float:
    """The lowest threshold that no more than this share of the values reaches; 1 at most."""
    highest_first = np.append(np.sort(confidence)[::-1], 0.0)
    barrier = highest_first[int(share * len(confidence))]
    return min(1.0, float(np.nextafter(barrier, 2.0)))


def _curve(in_scope: NDArray[np.float64], background: NDArray[np.float64]) -> tuple[CurvePoint, ...]:
    thresholds = np.quantile(background, np.linspace(0.5, 1, _CURVE_POINTS))
    return tuple(
        CurvePoint(float(t), float((in_scope >= t).mean()), float((background >= t).mean()))
        for t in thresholds
    )

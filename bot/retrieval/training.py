"""Trains the decision and calibrates it on the knowledge base itself.

Positives are phrasings that were held out (their entry keeps its other phrasings). Negatives are background
questions, held out the same way, and, where the operator wrote no background of near misses, the phrasings
of entries that were held out whole: questions of the right kind that nothing answers. Nothing here ever
sees an evaluation set. Imported only while an index is built: scikit-learn stays out of web workers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bot.ports import Progress
from bot.retrieval.decision import (
    SIGNALS,
    Calibration,
    Classifier,
    Decision,
    Evidence,
    Gate,
    lengths,
    ramps,
)
from bot.retrieval.lexical import Lexicon
from bot.retrieval.vectors import Vectors, best_per_group

FOLDS = 3
# Beyond this many classes the regression takes minutes and has too few phrasings each to learn from.
MAX_CLASSES = 2_000
MIN_PHRASINGS_PER_ENTRY = 3
DECILES = 10
_INVERSE_REGULARISATION = 10.0
_CURVE_POINTS = 41
# Fewer entries than this cannot do without some of them.
_MIN_ENTRIES_TO_HOLD_OUT = 5
_HELD_OUT_ENTRIES = 0.2
# Share of out-of-scope questions taken to be near misses: like the operator's own, or as hard as those of
# an entry that was held out, which others of the knowledge base may well answer.
_LIKE_THE_OPERATORS = 0.5
_LIKE_HELD_OUT_ENTRIES = 0.08
_MAX_NEIGHBOURS_ASKED = 1_000


@dataclass(frozen=True)
class Group:
    """Texts with their centred vectors (n, dimensions), each row's entry number (-1: none)."""

    texts: tuple[str, ...]
    vectors: Vectors
    entries: NDArray[np.intp]

    def where(self, chosen: NDArray[np.bool_]) -> Group:
        """The rows that are chosen."""
        texts = tuple(text for text, is_in in zip(self.texts, chosen.tolist(), strict=True) if is_in)
        return Group(texts, self.vectors[chosen], self.entries[chosen])


@dataclass(frozen=True)
class TrainingSet:
    """The knowledge base as vectors; ``is_near_miss``: (background,), which of it the operator wrote."""

    entry_count: int
    phrasings: Group
    passages: Group
    background: Group
    is_near_miss: NDArray[np.bool_]

    @property
    def near_share(self) -> float:
        """Share of out-of-scope questions that are taken to be near misses."""
        return _LIKE_THE_OPERATORS if self.is_near_miss.any() else _LIKE_HELD_OUT_ENTRIES

    @property
    def is_classifiable(self) -> bool:
        """Whether the entries have enough phrasings for a classifier, and for holding some out."""
        enough = len(self.phrasings.texts) >= MIN_PHRASINGS_PER_ENTRY * self.entry_count
        return enough and self.entry_count <= MAX_CLASSES and len(self.background.texts) >= FOLDS


@dataclass(frozen=True)
class CurvePoint:
    """What a threshold gives on held-out questions: shares of 1."""

    threshold: float
    coverage: float
    false_answer_rate: float


@dataclass(frozen=True)
class Decile:
    """Held-out questions of about the same confidence: how many, its mean, and the share that was right."""

    questions: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Trained:
    """The decision and the figures it was chosen by; None and empty where nothing could be held out."""

    decision: Decision
    curve: tuple[CurvePoint, ...] = ()
    reliability: tuple[Decile, ...] = ()
    held_out_hit_at_1: float | None = None
    coverage: float | None = None
    false_answer_rate: float | None = None


# The gate where nothing can be held out (one phrasing an entry): closeness and margin alone carry over
# from one knowledge base to another.
_BUILT_IN_GATE = Gate(np.array([8.0, 0.0, 0.0, 0.3, 0.0, 0.0]), 0.0)


def train(data: TrainingSet, *, false_answer_rate: float, progress: Progress) -> Trained:
    """Fit classifier and gate; put the answer threshold where ``false_answer_rate`` is met."""
    if not data.is_classifiable:
        return Trained(_built_in(data, false_answer_rate))
    asked = _joined([_fold(data, fold, progress) for fold in range(FOLDS)], data.near_share)
    gate = _fit_gate(asked)
    log_odds = gate.in_scope(asked.signals)
    calibration = _fit_calibration(log_odds, asked)
    confidence = calibration.probability(log_odds)
    answer, clarify = _thresholds(confidence, asked.out_of_scope_shares, false_answer_rate)
    progress("training the decision", FOLDS, FOLDS + 1)
    classifier = _fit_classifier(data.phrasings, data.background, data.entry_count)
    progress("training the decision", FOLDS + 1, FOLDS + 1)
    return Trained(
        Decision(classifier, gate, calibration, answer, clarify),
        _curve(confidence, asked),
        _reliability(asked),
        held_out_hit_at_1=float(asked.is_right[asked.is_in_scope].mean()),
        coverage=float((confidence[asked.is_in_scope] >= answer).mean()),
        false_answer_rate=_share_above(confidence, asked.out_of_scope_shares, answer),
    )


@dataclass(frozen=True)
class _Asked:
    """Held-out questions: signals (n, signals), whether the best entry was right, and what each stands for.

    ``weights`` balance in scope and out; ``out_of_scope_shares`` add up to 1 over the negatives.
    """

    signals: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    is_in_scope: NDArray[np.bool_]
    is_near_miss: NDArray[np.bool_]
    near_share: float

    @property
    def out_of_scope_shares(self) -> NDArray[np.float64]:
        """(n,): how large a part of all out-of-scope questions each stands for."""
        return self._shares(self.near_share)

    @property
    def weights(self) -> NDArray[np.float64]:
        """(n,), 1 on average: as much in scope as out of it, near misses as much as the rest."""
        count = len(self.is_in_scope)
        in_scope = self.is_in_scope * (count / 2 / max(int(self.is_in_scope.sum()), 1))
        weights: NDArray[np.float64] = in_scope + self._shares(0.5) * (count / 2)
        return weights

    def _shares(self, near_misses: float) -> NDArray[np.float64]:
        plain = ~self.is_in_scope & ~self.is_near_miss
        near = (near_misses if plain.any() else 1.0) if self.is_near_miss.any() else 0.0
        shares = np.zeros(len(plain))
        shares[plain] = (1 - near) / max(int(plain.sum()), 1)
        shares[self.is_near_miss] = near / max(int(self.is_near_miss.sum()), 1)
        return shares


def _joined(parts: Sequence[_Asked], near_share: float) -> _Asked:
    return _Asked(
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.is_right for part in parts]),
        np.concatenate([part.is_in_scope for part in parts]),
        np.concatenate([part.is_near_miss for part in parts]),
        near_share,
    )


def _fold(data: TrainingSet, fold: int, progress: Progress) -> _Asked:
    """Ask the questions that this fold holds out: phrasings, near misses, background."""
    progress("training the decision", fold, FOLDS + 1)
    phrasings, background = data.phrasings, data.background
    is_absent = _absent_entries(data, fold)[phrasings.entries]
    is_asked = _in_fold(len(phrasings.texts), fold) & ~is_absent
    is_asked_background = _in_fold(len(background.texts), fold)
    kept = phrasings.where(~is_asked & ~is_absent)
    kept_background = background.where(~is_asked_background)
    passages = data.passages.where(~_absent_entries(data, fold)[data.passages.entries])
    classifier = _fit_classifier(kept, kept_background, data.entry_count)
    groups = (phrasings.where(is_asked), phrasings.where(is_absent), background.where(is_asked_background))
    queries = Group(
        tuple(text for group in groups for text in group.texts),
        np.vstack([group.vectors for group in groups]),
        np.concatenate([groups[0].entries, *(np.full(len(group.texts), -1) for group in groups[1:])]),
    )
    evidence = Evidence(
        best_per_group(queries.vectors @ kept.vectors.T, kept.entries, data.entry_count),
        best_per_group(queries.vectors @ passages.vectors.T, passages.entries, data.entry_count),
        _lexical(queries.texts, kept, data.entry_count),
        classifier.log_probabilities(queries.vectors),
        (queries.vectors @ kept_background.vectors.T).max(axis=1),
        lengths(queries.texts),
    )
    scores = evidence.scores()
    kinds = np.repeat(np.arange(3), [len(group.texts) for group in groups])
    is_near_miss = kinds == 1
    is_near_miss[kinds == 2] = data.is_near_miss[is_asked_background]
    is_right = scores.argmax(axis=1) == queries.entries
    return _Asked(evidence.signals(scores), is_right, kinds == 0, is_near_miss, data.near_share)


def _absent_entries(data: TrainingSet, fold: int) -> NDArray[np.bool_]:
    """(entries,): those this fold does without, others in each fold; none where near misses exist."""
    absent = np.zeros(data.entry_count, bool)
    if not data.is_near_miss.any() and data.entry_count >= _MIN_ENTRIES_TO_HOLD_OUT:
        share = int(_HELD_OUT_ENTRIES * data.entry_count)
        shuffled = np.random.default_rng(1).permutation(data.entry_count)
        absent[shuffled[fold * share : (fold + 1) * share]] = True
    return absent


def _lexical(texts: Sequence[str], rows: Group, entry_count: int) -> Vectors:
    lexicon = Lexicon.build(rows.texts)
    best = [lexicon.best(text, rows.entries, entry_count) for text in texts]
    # A third of very little may be nothing.
    return np.array(best, np.float32).reshape(-1, entry_count)


def _in_fold(count: int, fold: int) -> NDArray[np.bool_]:
    """A fixed pseudo-random third, so that the same knowledge gives the same index."""
    is_in: NDArray[np.bool_] = np.random.default_rng(0).integers(0, FOLDS, count) == fold
    return is_in


def _fit_classifier(phrasings: Group, background: Group, entry_count: int) -> Classifier:
    vectors = np.vstack([phrasings.vectors, background.vectors])
    classes = np.concatenate([phrasings.entries, np.full(len(background.texts), entry_count)])
    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
    with warnings.catch_warnings():
        # Entries with three phrasings each, of which a third is held out, are no mistake.
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model.fit(vectors, classes)
    weights = np.zeros((entry_count + 1, vectors.shape[1]), np.float32)
    # An entry all of whose phrasings were held out is unknown to this model.
    bias = np.full(entry_count + 1, model.intercept_.min() - 10, np.float32)
    # Of two classes scikit-learn keeps one row: that of the second class, the background.
    seen = model.classes_ if len(model.coef_) > 1 else model.classes_[1:]
    bias[model.classes_] = 0
    weights[seen], bias[seen] = model.coef_, model.intercept_
    return Classifier(weights, bias)


def _fit_gate(asked: _Asked) -> Gate:
    spread = asked.signals.std(axis=0) + 1e-9
    model = LogisticRegression(C=10, max_iter=1_000)
    model.fit(asked.signals / spread, asked.is_in_scope, sample_weight=asked.weights)
    return Gate(model.coef_[0] / spread, float(model.intercept_[0]))


def _fit_calibration(log_odds: NDArray[np.float64], asked: _Asked) -> Calibration:
    """Maximum likelihood of "the best entry is right", with slopes that cannot fall."""
    knots = np.quantile(log_odds[asked.is_in_scope], (0.05, 0.2, 0.4, 0.6, 0.8))
    features = np.column_stack([ramps(log_odds, knots), np.ones(len(log_odds))])
    signs = np.where(asked.is_right, 1.0, -1.0)

    def loss(slopes: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        agreement = signs * (features @ slopes)
        wrong = asked.weights / (1 + np.exp(np.clip(agreement, -30, 30)))
        value = (asked.weights * np.logaddexp(0, -agreement)).mean() + 1e-4 * (slopes**2).sum()
        return float(value), -(features * (signs * wrong)[:, None]).mean(axis=0) + 2e-4 * slopes

    bounds = [(0.02, None)] + [(0.0, None)] * len(knots) + [(None, None)]
    fitted = minimize(loss, np.full(len(bounds), 0.1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(knots, fitted[:-1], float(fitted[-1]))


def _built_in(data: TrainingSet, false_answer_rate: float) -> Decision:
    """The decision without a classifier: only its threshold is learnt, which then stands for 1/2.

    Each entry is asked for with its own rows hidden: what is found then is a false answer.
    """
    hidden = _neighbours(data)
    signals = np.vstack([hidden, _outside(data)])
    near = np.arange(len(signals)) < len(hidden)
    nothing = np.zeros(len(near), bool)
    asked = _Asked(signals, nothing, nothing, near, _LIKE_HELD_OUT_ENTRIES)
    log_odds = _BUILT_IN_GATE.in_scope(signals)
    answer, clarify = _thresholds(log_odds, asked.out_of_scope_shares, false_answer_rate)
    calibration = Calibration(np.empty(0), np.array([1.0]), -answer)
    thresholds = calibration.probability(np.array([answer, clarify])).tolist()
    return Decision(None, _BUILT_IN_GATE, calibration, *thresholds)


def _neighbours(data: TrainingSet) -> NDArray[np.float64]:
    """Signals of phrasings to which their own entry is unknown; of a sample where there are many."""
    if data.entry_count < 2:
        return np.empty((0, len(SIGNALS)))
    chosen = np.zeros(len(data.phrasings.texts), bool)
    chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _MAX_NEIGHBOURS_ASKED)).astype(int)] = True
    asked = data.phrasings.where(chosen)
    return _signals(data, asked, asked.entries)


def _outside(data: TrainingSet) -> NDArray[np.float64]:
    nobody = np.full(len(data.background.texts), -1)
    return _signals(data, data.background, nobody)


def _signals(data: TrainingSet, asked: Group, hidden: NDArray[np.intp]) -> NDArray[np.float64]:
    """Signals without a classifier, each question with one entry's rows hidden from it (-1: none)."""

    def best(rows: Group) -> Vectors:
        cosines = np.where(rows.entries == hidden[:, None], -1, asked.vectors @ rows.vectors.T)
        return best_per_group(cosines.astype(np.float32), rows.entries, data.entry_count)

    phrasings = best(data.phrasings)
    nothing = np.zeros(len(asked.texts), np.float32)
    evidence = Evidence(
        phrasings, best(data.passages), np.zeros_like(phrasings), None, nothing, lengths(asked.texts)
    )
    return evidence.signals(evidence.scores())


def _thresholds(
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


def _share_above(confidence: NDArray[np.float64], shares: NDArray[np.float64], threshold: float) -> float:
    return float(shares[confidence >= threshold].sum())


def _curve(confidence: NDArray[np.float64], asked: _Asked) -> tuple[CurvePoint, ...]:
    inside, shares = confidence[asked.is_in_scope], asked.out_of_scope_shares
    thresholds = np.quantile(confidence[~asked.is_in_scope], np.linspace(0.5, 1, _CURVE_POINTS))
    return tuple(
        CurvePoint(float(t), float((inside >= t).mean()), _share_above(confidence, shares, float(t)))
        for t in thresholds
    )


def _reliability(asked: _Asked) -> tuple[Decile, ...]:
    """Confidence against what came true, each question judged by a gate that was not fitted on it."""
    fold = np.arange(len(asked.is_right)) % FOLDS
    confidence = np.empty(len(fold))
    for number in range(FOLDS):
        others = _chosen(asked, fold != number)
        gate = _fit_gate(others)
        calibration = _fit_calibration(gate.in_scope(others.signals), others)
        this = fold == number
        confidence[this] = calibration.probability(gate.in_scope(asked.signals[this]))
    decile = np.minimum((confidence * DECILES).astype(int), DECILES - 1)
    return tuple(
        _decile(confidence[decile == n], asked.is_right[decile == n], asked.weights[decile == n])
        for n in range(DECILES)
        if (decile == n).any()
    )


def _chosen(asked: _Asked, chosen: NDArray[np.bool_]) -> _Asked:
    return _Asked(
        asked.signals[chosen],
        asked.is_right[chosen],
        asked.is_in_scope[chosen],
        asked.is_near_miss[chosen],
        asked.near_share,
    )


def _decile(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> Decile:
    means = (float(np.average(values, weights=weights)) for values in (confidence, is_right))
    return Decile(len(confidence), *means)

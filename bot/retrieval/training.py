"""Trains the decision and calibrates it on the knowledge base itself.

Positives are phrasings that were held out (their entry keeps its other phrasings). Negatives are background
questions, held out the same way, and, where the operator wrote no background of near misses, the phrasings
of entries that were held out whole: questions of the right kind that nothing answers. Nothing here ever
sees an evaluation set. Imported only while an index is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.ports import Progress
from bot.retrieval.bounded_regression import Bound, Examples, maximum_likelihood
from bot.retrieval.classifier_fitting import fit_classifier
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
from bot.retrieval.learnt_cache import Arrays, LearntCache
from bot.retrieval.lexical import Counts, Lexicon, ngram_counts
from bot.retrieval.vectors import Groups, Vectors, best_of_all, best_of_groups

FOLDS = 3
# Of few phrasings any one split may mislead: they are split several times.
_ROUNDS = 3
_FEW_PHRASINGS = 1_500
# Beyond this many classes the regression takes minutes and has too few phrasings each to learn from.
MAX_CLASSES = 2_000
MIN_PHRASINGS_PER_ENTRY = 3
DECILES = 10
# Into how many parts the held-out questions are split to judge each by a curve fitted on the others.
_CROSS_FITS = 5
_CURVE_POINTS = 41
# Fewer entries than this cannot do without some of them.
_MIN_ENTRIES_TO_HOLD_OUT = 5
# Whether a signal speaks for being in scope, in the order of SIGNALS. Beside a classifier's beliefs the
# margin adds nothing (docs/quality.md).
_SIGNS = (1, -1, -1, 0, 1, 1)
_GATE_REGULARISATION = 1e-3
# Shares of the held-out phrasings around whose log-odds the calibration may bend.
_KNOTS = (0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.2, 0.4, 0.6, 0.8, 0.95)
_LEAST_SLOPE = 0.02
_CURVE_REGULARISATION = 3e-5
# Share of out-of-scope questions taken to be near misses: like the operator's own, or as hard as those of
# an entry that was held out, which others of the knowledge base may well answer.
_LIKE_THE_OPERATORS = 0.5
_LIKE_HELD_OUT_ENTRIES = 0.04
# They are few of all out-of-scope questions, so that a sample of them says enough.
_MAX_NEIGHBOURS_ASKED = 500
_SCORES_AT_ONCE = 4_000_000
_KEPT_NOWHERE = LearntCache()


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

    def owned(self, entry_count: int) -> Groups:
        """The rows by their entries."""
        return Groups.of(self.entries, entry_count)

    def and_nobodys(self, others: Group) -> Group:
        """These rows, and others whose entries do not count."""
        nobody = np.full(len(others.texts), -1)
        return Group(
            self.texts + others.texts,
            np.vstack([self.vectors, others.vectors]),
            np.append(self.entries, nobody),
        )


@dataclass(frozen=True)
class TrainingSet:
    """The knowledge base as vectors; ``is_near_miss``: (background,), which of it the operator wrote."""

    entry_count: int
    phrasings: Group
    passages: Group
    background: Group
    is_near_miss: NDArray[np.bool_]

    @property
    def folds(self) -> int:
        """How often a part of the questions is held out; all of them after every ``FOLDS``."""
        return FOLDS * (_ROUNDS if len(self.phrasings.texts) <= _FEW_PHRASINGS else 1)

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
    """A tenth of the held-out questions, by confidence: how many, its mean, and the share that was right.

    ``standard_error``: how far that share strays by chance alone where every confidence is true.
    """

    questions: int
    confidence: float
    right: float
    standard_error: float


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
_BUILT_IN_GATE = Gate(np.array([6.0, 0.0, 0.0, 0.5, 0.0, 0.0]), 0.0)


@dataclass(frozen=True)
class Learning:
    """What one build need not do twice, and what others did before."""

    kept: LearntCache = _KEPT_NOWHERE
    counts: Counts = field(default_factory=lambda: cache(ngram_counts))


def train(
    data: TrainingSet, *, false_answer_rate: float, progress: Progress, learning: Learning | None = None
) -> Trained:
    """Fit classifier and gate; put the answer threshold where ``false_answer_rate`` is met."""
    if not data.is_classifiable:
        progress("calibrating", 0, 1)
        decision = _built_in(data, false_answer_rate)
        progress("calibrating", 1, 1)
        return Trained(decision)
    learning = learning or Learning()
    asked = _joined([_fold(data, fold, progress, learning) for fold in range(data.folds)], data.near_share)
    gate = _fit_gate(asked)
    log_odds = gate.in_scope(asked.signals)
    calibration = _fit_calibration(log_odds, asked)
    confidence = calibration.probability(log_odds)
    answer, clarify = _thresholds(confidence, asked.out_of_scope_shares, false_answer_rate)
    progress("training the decision", data.folds, data.folds + 1)
    classifier = _classifier_of(data, learning.kept)
    progress("training the decision", data.folds + 1, data.folds + 1)
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

    ``numbers``: (n,), the same wherever the same question is asked again. ``weights`` balance in scope and
    out; ``out_of_scope_shares`` add up to 1 over the negatives.
    """

    numbers: NDArray[np.intp]
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
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.is_right for part in parts]),
        np.concatenate([part.is_in_scope for part in parts]),
        np.concatenate([part.is_near_miss for part in parts]),
        near_share,
    )


def _fold(data: TrainingSet, fold: int, progress: Progress, learning: Learning) -> _Asked:
    """Ask the questions that this fold holds out."""
    progress("training the decision", fold, data.folds + 1)
    absent = _absent_entries(data, fold)
    is_asked = in_fold(len(data.phrasings.texts), fold) & ~absent[data.phrasings.entries]
    return _ask(data, is_asked, in_fold(len(data.background.texts), fold), absent, learning)


def _ask(
    data: TrainingSet,
    is_asked: NDArray[np.bool_],
    is_asked_background: NDArray[np.bool_],
    absent: NDArray[np.bool_],
    learning: Learning,
) -> _Asked:
    """Ask some phrasings, all those of the absent entries and some of the background; train on the rest."""
    phrasings, background = data.phrasings, data.background
    is_absent = absent[phrasings.entries]
    groups = (phrasings.where(is_asked), phrasings.where(is_absent), background.where(is_asked_background))
    queries = Group(
        tuple(text for group in groups for text in group.texts),
        np.vstack([group.vectors for group in groups]),
        np.concatenate([groups[0].entries, *(np.full(len(group.texts), -1) for group in groups[1:])]),
    )
    rest = replace(
        data,
        phrasings=phrasings.where(~is_asked & ~is_absent),
        passages=data.passages.where(~absent[data.passages.entries]),
        background=background.where(~is_asked_background),
    )
    rows = (is_asked, is_absent, np.append(np.zeros(len(is_asked), bool), is_asked_background))
    evidence = _evidence(rest, queries, learning)
    scores = evidence.scores()
    kinds = np.repeat(np.arange(3), [len(group.texts) for group in groups])
    is_near_miss = kinds == 1
    is_near_miss[kinds == 2] = data.is_near_miss[is_asked_background]
    is_right = scores.argmax(axis=1) == queries.entries
    numbers = np.concatenate([np.flatnonzero(chosen) for chosen in rows])
    return _Asked(numbers, evidence.signals(scores), is_right, kinds == 0, is_near_miss, data.near_share)


def _evidence(known: TrainingSet, queries: Group, learning: Learning) -> Evidence:
    """What a decision that knows only this makes of the queries."""
    phrasings, lexical, beliefs, background = _evidence_of_questions(known, queries, learning)
    passages = _best(queries, known.passages, known.entry_count)
    return Evidence(phrasings, passages, lexical, beliefs, background, lengths(queries.texts))


def _evidence_of_questions(known: TrainingSet, queries: Group, learning: Learning) -> Arrays:
    """All but what depends on the answers: the best phrasings, words, beliefs, the nearest background."""
    count, background = known.entry_count, known.background.vectors

    def evidence() -> Arrays:
        return (
            _best(queries, known.phrasings, count),
            _lexical(queries.texts, known.phrasings, count, learning.counts),
            _classifier_of(known, learning.kept).log_probabilities(queries.vectors),
            best_of_all(queries.vectors, background),
        )

    of = (*_told(queries), *_told(known.phrasings), background, np.array(count))
    return learning.kept.arrays(of, evidence, size=3 * len(queries.texts) * count * queries.vectors.itemsize)


def _told(group: Group) -> tuple[tuple[str, ...], Vectors, NDArray[np.intp]]:
    return group.texts, group.vectors, group.entries


def _best(queries: Group, rows: Group, entry_count: int) -> Vectors:
    return best_of_groups(queries.vectors, rows.vectors, rows.owned(entry_count))


@dataclass(frozen=True)
class HeldOut:
    """What a decision made of questions it had not seen: for each phrasing whether its entry came first,
    and the confidences of phrasings and background.
    """

    is_hit: NDArray[np.bool_]
    phrasings: NDArray[np.float64]
    background: NDArray[np.float64]


def hold_out(
    data: TrainingSet, is_asked: NDArray[np.bool_], is_asked_background: NDArray[np.bool_], progress: Progress
) -> HeldOut:
    """Train on the other rows and judge these; the data must be classifiable."""
    progress("training the decision", 0, 1)
    asked = _ask(data, is_asked, is_asked_background, np.zeros(data.entry_count, bool), Learning())
    gate = _fit_gate(asked)
    log_odds = gate.in_scope(asked.signals)
    confidence = _fit_calibration(log_odds, asked).probability(log_odds)
    progress("training the decision", 1, 1)
    inside = asked.is_in_scope
    return HeldOut(asked.is_right[inside], confidence[inside], confidence[~inside])


def _absent_entries(data: TrainingSet, fold: int) -> NDArray[np.bool_]:
    """(entries,): those this fold does without, others in each fold; none where near misses exist."""
    absent = np.zeros(data.entry_count, bool)
    if not data.is_near_miss.any() and data.entry_count >= _MIN_ENTRIES_TO_HOLD_OUT:
        shuffled = np.random.default_rng(fold // FOLDS).permutation(data.entry_count)
        absent[shuffled[fold % FOLDS :: FOLDS]] = True
    return absent


def _lexical(texts: Sequence[str], rows: Group, entry_count: int, counts: Counts) -> Vectors:
    lexicon = Lexicon.build(rows.texts, counts)
    owned = rows.owned(entry_count)
    best = [lexicon.best(text, owned, counts) for text in texts]
    # A third of very little may be nothing.
    return np.array(best, np.float32).reshape(-1, entry_count)


def in_fold(count: int, fold: int) -> NDArray[np.bool_]:
    """A fixed pseudo-random third, so that the same knowledge gives the same index."""
    drawn = np.random.default_rng(fold // FOLDS).integers(0, FOLDS, count)
    is_in: NDArray[np.bool_] = drawn == fold % FOLDS
    return is_in


def _classifier_of(known: TrainingSet, kept: LearntCache) -> Classifier:
    nobody = np.full(len(known.background.texts), known.entry_count)
    vectors = np.vstack([known.phrasings.vectors, known.background.vectors])
    classes = np.concatenate([known.phrasings.entries, nobody])

    def classifier() -> Arrays:
        fitted = fit_classifier(vectors, classes, known.entry_count)
        return fitted.weights, fitted.bias

    return Classifier(*kept.arrays((vectors, classes), classifier))


def _fit_gate(asked: _Asked) -> Gate:
    """Each signal may only speak for the side it speaks for by its meaning: few questions mislead."""
    spread = asked.signals.std(axis=0) + 1e-9
    bounds = [(0.0 if sign >= 0 else None, 0.0 if sign <= 0 else None) for sign in _SIGNS]
    examples = Examples(asked.signals / spread, asked.is_in_scope, asked.weights)
    fitted = maximum_likelihood(examples, bounds, _GATE_REGULARISATION)
    return Gate(fitted[:-1] / spread, float(fitted[-1]))


def _fit_calibration(log_odds: NDArray[np.float64], asked: _Asked) -> Calibration:
    """To the probability that the best entry is right, with slopes that cannot fall."""
    knots = np.quantile(log_odds[asked.is_in_scope], _KNOTS)
    bounds: list[Bound] = [(_LEAST_SLOPE, None), *[(0.0, None)] * len(knots)]
    examples = Examples(ramps(log_odds, knots), asked.is_right, asked.weights)
    fitted = maximum_likelihood(examples, bounds, _CURVE_REGULARISATION)
    return Calibration(knots, fitted[:-1], float(fitted[-1]))


def _built_in(data: TrainingSet, false_answer_rate: float) -> Decision:
    """The decision without a classifier: only its threshold is learnt, which then stands for 1/2.

    Each entry is asked for with its own rows hidden: what is found then is a false answer.
    """
    hidden = _neighbours(data)
    signals = np.vstack([hidden, _outside(data)])
    near = np.arange(len(signals)) < len(hidden)
    nothing = np.zeros(len(near), bool)
    asked = _Asked(np.arange(len(near)), signals, nothing, nothing, near, _LIKE_HELD_OUT_ENTRIES)
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
    return _signals_in_parts(data, data.phrasings.where(chosen))


def _outside(data: TrainingSet) -> NDArray[np.float64]:
    return _signals_in_parts(data, data.background)


def _signals_in_parts(data: TrainingSet, asked: Group) -> NDArray[np.float64]:
    """Signals of so few questions at once that their scores of all entries fit into memory."""
    parts = np.arange(len(asked.texts)) // max(1, _SCORES_AT_ONCE // data.entry_count)
    found = [_signals(data, asked.where(parts == part)) for part in np.unique(parts)]
    return np.vstack([np.empty((0, len(SIGNALS))), *found])


def _signals(data: TrainingSet, asked: Group) -> NDArray[np.float64]:
    """Signals without a classifier, each question with its own entry (-1: none) hidden from it."""
    own = np.flatnonzero(asked.entries >= 0)

    def best(rows: Group) -> Vectors:
        found = best_of_groups(asked.vectors, rows.vectors, rows.owned(data.entry_count))
        found[own, asked.entries[own]] = -1
        return found

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
    """Confidence against what came true, in tenths of the questions."""
    confidence = _cross_fitted(asked)
    tenths = np.array_split(np.argsort(confidence, kind="stable"), DECILES)
    return tuple(
        _decile(confidence[tenth], asked.is_right[tenth], asked.weights[tenth])
        for tenth in tenths
        if len(tenth)
    )


def _cross_fitted(asked: _Asked) -> NDArray[np.float64]:
    """(n,) confidences, each from a gate and a curve that did not see the question, in no round."""
    confidence = np.empty(len(asked.numbers))
    for part in range(_CROSS_FITS):
        this = asked.numbers % _CROSS_FITS == part
        others = _chosen(asked, ~this)
        gate = _fit_gate(others)
        calibration = _fit_calibration(gate.in_scope(others.signals), others)
        confidence[this] = calibration.probability(gate.in_scope(asked.signals[this]))
    return confidence


def _chosen(asked: _Asked, chosen: NDArray[np.bool_]) -> _Asked:
    return _Asked(
        asked.numbers[chosen],
        asked.signals[chosen],
        asked.is_right[chosen],
        asked.is_in_scope[chosen],
        asked.is_near_miss[chosen],
        asked.near_share,
    )


def _decile(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> Decile:
    mean, share = (float(np.average(values, weights=weights)) for values in (confidence, is_right))
    chance = np.sqrt((weights**2 * confidence * (1 - confidence)).sum()) / weights.sum()
    return Decile(len(confidence), mean, share, float(chance))

"""Trains the decision and calibrates it on the knowledge base itself.

Positives are phrasings that were held out (their entry keeps its other phrasings). Negatives are background
questions, held out the same way, and, where the operator wrote no background of near misses, the phrasings
of entries that were held out whole: questions of the right kind that nothing answers. Nothing here ever
sees an evaluation set. Imported only while an index is built.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.ports import Progress
from bot.retrieval.asked_questions import Asked
from bot.retrieval.built_in_decision import built_in
from bot.retrieval.calibration_fitting import fit_calibration, fit_gate, thresholds
from bot.retrieval.cross_validation import Learning, ask, ask_all, classifier_of, early_exit_of
from bot.retrieval.decision import Decision
from bot.retrieval.early_exit import EarlyExit
from bot.retrieval.early_exit_training import trusted_from
from bot.retrieval.reliability import CurvePoint, Decile, curve, reliability, share_above
from bot.retrieval.training_set import TrainingSet


@dataclass(frozen=True)
class Trained:
    """The decision and the figures it was chosen by; None and empty where nothing could be held out."""

    decision: Decision
    early_exit: EarlyExit | None = None
    curve: tuple[CurvePoint, ...] = ()
    reliability: tuple[Decile, ...] = ()
    held_out_hit_at_1: float | None = None
    coverage: float | None = None
    false_answer_rate: float | None = None
    answered_by_words: float | None = None


def train(
    data: TrainingSet, *, false_answer_rate: float, progress: Progress, learning: Learning | None = None
) -> Trained:
    """Fit classifier and gate; put the answer threshold where ``false_answer_rate`` is met."""
    if not data.is_classifiable:
        progress("calibrating", 0, 1)
        decision = built_in(data, false_answer_rate)
        progress("calibrating", 1, 1)
        return Trained(decision)
    learning = learning or Learning()
    asked = ask_all(data, progress, learning)
    gate = fit_gate(asked)
    log_odds = gate.in_scope(asked.signals)
    calibration = fit_calibration(log_odds, asked)
    fitted = _Fitted(asked, calibration.probability(log_odds), false_answer_rate)
    progress("training the decision", data.folds, data.folds + 1)
    classifier = classifier_of(data, learning.kept)
    early_exit = _early_exit(data, learning, fitted.trusted_from)
    progress("training the decision", data.folds + 1, data.folds + 1)
    confidence, is_right, (answer, clarify) = fitted.confidence, fitted.is_right, fitted.thresholds
    return Trained(
        Decision(classifier, gate, calibration, answer, clarify),
        early_exit,
        curve(confidence, asked),
        reliability(asked),
        held_out_hit_at_1=float(is_right[asked.is_in_scope].mean()),
        coverage=float((confidence[asked.is_in_scope] >= answer).mean()),
        false_answer_rate=share_above(confidence, asked.out_of_scope_shares, answer),
        answered_by_words=float(fitted.is_by_words[asked.is_in_scope].mean()),
    )


class _Fitted:
    """What is answered by words, and what by the decision where they do not tell."""

    def __init__(self, asked: Asked, confidence: NDArray[np.float64], false_answer_rate: float) -> None:
        alone, _ = thresholds(confidence, asked.out_of_scope_shares, false_answer_rate)
        self.trusted_from = max(alone, trusted_from(asked, confidence >= alone, false_answer_rate))
        self.is_by_words = asked.by_words.probabilities >= self.trusted_from
        self.is_right = np.where(self.is_by_words, asked.by_words.is_right, asked.is_right)
        self.confidence = np.where(self.is_by_words, 1.0, confidence)
        self.thresholds = thresholds(self.confidence, asked.out_of_scope_shares, false_answer_rate)


def _early_exit(data: TrainingSet, learning: Learning, threshold: float) -> EarlyExit | None:
    if learning.words is None or threshold > 1:
        return None
    return replace(early_exit_of(data, learning.words, learning.kept), threshold=threshold)


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
    asked = ask(data, is_asked, is_asked_background, np.zeros(data.entry_count, bool), Learning())
    gate = fit_gate(asked)
    log_odds = gate.in_scope(asked.signals)
    confidence = fit_calibration(log_odds, asked).probability(log_odds)
    progress("training the decision", 1, 1)
    inside = asked.is_in_scope
    return HeldOut(asked.is_right[inside], confidence[inside], confidence[~inside])

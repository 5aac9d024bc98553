"""Trains the decision and calibrates it on the knowledge base itself.

Positives are phrasings that were held out (their entry keeps its other phrasings). Negatives are background
questions, held out the same way, and, where the operator wrote no background of near misses, the phrasings
of entries that were held out whole: questions of the right kind that nothing answers. Nothing here ever
sees an evaluation set. Imported only while an index is built.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.ports import Progress
from bot.retrieval.built_in_decision import built_in
from bot.retrieval.calibration_fitting import fit_calibration, fit_gate, thresholds
from bot.retrieval.cross_validation import Learning, ask, ask_all, classifier_of
from bot.retrieval.decision import Decision
from bot.retrieval.reliability import CurvePoint, Decile, curve, reliability, share_above
from bot.retrieval.training_set import TrainingSet


@dataclass(frozen=True)
class Trained:
    """The decision and the figures it was chosen by; None and empty where nothing could be held out."""

    decision: Decision
    curve: tuple[CurvePoint, ...] = ()
    reliability: tuple[Decile, ...] = ()
    held_out_hit_at_1: float | None = None
    coverage: float | None = None
    false_answer_rate: float | None = None


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
    confidence = calibration.probability(log_odds)
    answer, clarify = thresholds(confidence, asked.out_of_scope_shares, false_answer_rate)
    progress("training the decision", data.folds, data.folds + 1)
    classifier = classifier_of(data, learning.kept)
    progress("training the decision", data.folds + 1, data.folds + 1)
    return Trained(
        Decision(classifier, gate, calibration, answer, clarify),
        curve(confidence, asked),
        reliability(asked),
        held_out_hit_at_1=float(asked.is_right[asked.is_in_scope].mean()),
        coverage=float((confidence[asked.is_in_scope] >= answer).mean()),
        false_answer_rate=share_above(confidence, asked.out_of_scope_shares, answer),
    )


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

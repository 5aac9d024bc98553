"""The decision where nothing can be held out: only its threshold is learnt.

Imported only while an index is built.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.asked_questions import Asked, Guesses
from bot.retrieval.calibration_fitting import thresholds
from bot.retrieval.decision import SIGNALS, Calibration, Decision, Evidence, Gate, lengths
from bot.retrieval.training_set import LIKE_HELD_OUT_ENTRIES, Group, TrainingSet
from bot.retrieval.vectors import Vectors, best_of_groups

# They are few of all out-of-scope questions, so that a sample of them says enough.
_MAX_NEIGHBOURS_ASKED = 500
_SCORES_AT_ONCE = 4_000_000
# Closeness and margin alone carry over from one knowledge base to another.
_BUILT_IN_GATE = Gate(np.array([6.0, 0.0, 0.0, 0.5, 0.0, 0.0]), 0.0)


def built_in(data: TrainingSet, false_answer_rate: float) -> Decision:
    """The decision without a classifier: only its threshold is learnt, which then stands for 1/2.

    Each entry is asked for with its own rows hidden: what is found then is a false answer.
    """
    hidden = _neighbours(data)
    signals = np.vstack([hidden, _outside(data)])
    near = np.arange(len(signals)) < len(hidden)
    nothing = np.zeros(len(near), bool)
    asked = Asked(
        np.arange(len(near)), signals, nothing, nothing, near, LIKE_HELD_OUT_ENTRIES, Guesses.none(len(near))
    )
    log_odds = _BUILT_IN_GATE.in_scope(signals)
    answer, clarify = thresholds(log_odds, asked.out_of_scope_shares, false_answer_rate)
    calibration = Calibration(np.empty(0), np.array([1.0]), -answer)
    confidences = calibration.probability(np.array([answer, clarify])).tolist()
    return Decision(None, _BUILT_IN_GATE, calibration, *confidences)


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

"""Applying the decision: scores, signals and confidence, checked against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.decision import SIGNALS, Classifier, Decision, Evidence, Gate, score


def evidence(phrasings: list[float], passages: list[float], background: float = 0.0) -> Evidence:
    rows = (np.array([values], np.float32) for values in (phrasings, passages))
    return Evidence(*rows, np.array([background], np.float32))


def signals(scored) -> dict[str, float]:
    return dict(zip(SIGNALS, scored.signals[0].tolist(), strict=True))


GATE = Gate(np.array([4.0, -4.0, 0.0, 0.0]), 0.0)
CLASSIFIER = Classifier(np.array([[3, 0], [0, 3], [-3, -3]], np.float32), np.array([0, 0, 0.5], np.float32))


def test_a_phrasing_weighs_10_and_a_passage_6():
    scores = score(evidence([0.5, 0.9], [0.8, 0.1]), None).entries[0]

    assert scores.tolist() == pytest.approx([10 * 0.5 + 6 * 0.8, 10 * 0.9 + 6 * 0.1])


def test_the_signals_are_best_phrasing_best_background_scope_and_margin():
    scored = score(evidence([0.5, 0.9], [0.5, 0.5], background=0.3), None)

    expected = {"best phrasing": 0.9, "best background": 0.3, "out of scope": 0.0, "margin": 10 * 0.4}
    assert signals(scored) == pytest.approx(expected, abs=1e-5)


def test_the_margin_is_to_the_second_best_of_many():
    scored = score(evidence([0.1, 0.7, 0.9, 0.2], [0, 0, 0, 0]), None)

    assert signals(scored)["margin"] == pytest.approx(10 * 0.2, abs=1e-5)


def test_a_single_entry_has_no_margin():
    assert signals(score(evidence([0.9], [0.9]), None))["margin"] == 0.0


def test_beliefs_are_logarithms_of_probabilities():
    beliefs = CLASSIFIER.log_probabilities(np.array([[1, 0], [0, 1], [-1, -1]], np.float32))

    assert np.exp(beliefs).sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert beliefs.argmax(axis=1).tolist() == [0, 1, 2]


def test_huge_evidence_for_a_class_stays_finite():
    beliefs = CLASSIFIER.log_probabilities(np.array([[1e4, 0]], np.float32))

    assert beliefs[0].tolist() == pytest.approx([0, -3e4, -6e4], rel=1e-4)


def test_belief_tips_the_balance_between_entries_that_are_equally_close():
    query = np.array([[0, 1]], np.float32)
    scores = score(evidence([0.8, 0.8], [0.5, 0.5]), CLASSIFIER.log_probabilities(query)).entries[0]

    assert scores.argmax() == 1
    assert scores[1] - scores[0] == pytest.approx(3, abs=1e-4)


def test_belief_in_no_entry_is_a_signal_and_no_score():
    beliefs = CLASSIFIER.log_probabilities(np.array([[-1, -1]], np.float32))
    scored = score(evidence([0.2, 0.1], [0, 0]), beliefs)

    assert signals(scored)["out of scope"] == pytest.approx(float(beliefs[0, 2]))
    assert scored.entries.shape == (1, 2)


def test_the_gate_is_a_logistic_of_the_weighted_signals():
    confidence = Gate(np.array([2.0, 0, 0, 0]), -1.0).confidence(np.array([[0.5, 9, 9, 9], [1, 9, 9, 9]]))

    assert confidence.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-1))])


def test_confidence_rises_with_the_phrasing_and_falls_with_the_background():
    decision = Decision(None, GATE, 0.6, 0.4)
    query = np.array([1, 0], np.float32)

    near, same, far = (
        decision.score(query, evidence([best, 0.1], [0, 0], background))[1]
        for best, background in ((0.9, 0.2), (0.5, 0.5), (0.3, 0.8))
    )
    assert near > same > far
    assert same == pytest.approx(0.5)


@pytest.mark.parametrize("classifier", [CLASSIFIER, None])
def test_a_decision_survives_its_arrays(tmp_path, classifier):
    """Stored and read again, it scores the same to the last bit."""
    decision = Decision(classifier, GATE, 0.61, 0.42)
    np.savez(tmp_path / "arrays.npz", **decision.to_arrays())
    with np.load(tmp_path / "arrays.npz") as arrays:
        restored = Decision.from_arrays(arrays)

    query, found = np.array([0.6, 0.8], np.float32), evidence([0.5, 0.9], [0.8, 0.1], 0.3)
    for before, after in zip(decision.score(query, found), restored.score(query, found), strict=True):
        assert np.array_equal(before, after)
    assert (restored.answer_threshold, restored.clarify_threshold) == (0.61, 0.42)
    assert (restored.classifier is None) == (classifier is None)

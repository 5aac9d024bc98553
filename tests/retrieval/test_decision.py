"""Applying the decision: scores, signals and confidence, checked against sums done by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.retrieval.decision import (
    SIGNALS,
    WITH_CLASSIFIER,
    WITHOUT_CLASSIFIER,
    Calibration,
    Classifier,
    Decision,
    Evidence,
    Gate,
    length,
    lengths,
)

CLASSIFIER = Classifier(np.array([[3, 0], [0, 3], [-3, -3]], np.float32), np.array([0, 0, 0.5], np.float32))
NO_CURVE = Calibration(np.empty(0), np.array([1.0]), 0.0)


def evidence(phrasings, passages=None, lexical=None, beliefs=None, background=0.0, length=3.0) -> Evidence:
    """Of one query, for as many entries as there are phrasings; what is not given is nought."""
    nought = [0.0] * len(phrasings)
    rows = (np.array([values or nought], np.float32) for values in (phrasings, passages, lexical))
    believed = None if beliefs is None else np.array([beliefs], np.float32)
    return Evidence(*rows, believed, np.array([background], np.float32), np.array([length], np.float32))


def signals(found: Evidence) -> dict[str, float]:
    return dict(zip(SIGNALS, found.signals(found.scores())[0].tolist(), strict=True))


def gate(**weights: float) -> Gate:
    """A gate that weighs the named signals (``best_phrasing=…``) and no other."""
    return Gate(np.array([weights.get(name.replace(" ", "_"), 0.0) for name in SIGNALS]), 0.0)


def decision(of: Gate, classifier: Classifier | None = None) -> Decision:
    return Decision(classifier, of, NO_CURVE, 0.6, 0.4)


def test_with_a_classifier_all_four_kinds_of_evidence_add_up_by_their_weights():
    w = WITH_CLASSIFIER
    found = evidence([0.5, 0.9], [0.8, 0.1], [0.2, 0.4], beliefs=[-1.0, -2.0, -0.1])

    expected = [
        0.5 * w.phrasing + 0.8 * w.passage + 0.2 * w.lexical - 1 * w.belief,
        0.9 * w.phrasing + 0.1 * w.passage + 0.4 * w.lexical - 2 * w.belief,
    ]
    assert found.scores()[0].tolist() == pytest.approx(expected)


def test_without_a_classifier_closeness_alone_counts_and_words_do_not():
    w = WITHOUT_CLASSIFIER
    found = evidence([0.5, 0.9], [0.8, 0.1], [0.0, 1.0])

    expected = [0.5 * w.phrasing + 0.8 * w.passage, 0.9 * w.phrasing + 0.1 * w.passage]
    assert found.scores()[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["phrasings", "passages", "lexical"])
def test_each_kind_of_closeness_alone_decides_between_entries_that_are_equal_otherwise(kind):
    even = evidence([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], beliefs=[-1, -1, -1])
    tipped = replace(even, **{kind: np.array([[0.5, 0.6]], np.float32)})

    assert tipped.scores()[0].argmax() == 1


def test_belief_decides_between_entries_that_are_equally_close():
    beliefs = CLASSIFIER.log_probabilities(np.array([[0, 1]], np.float32))[0].tolist()
    scores = evidence([0.8, 0.8], [0.5, 0.5], beliefs=beliefs).scores()[0]

    assert scores[1] - scores[0] == pytest.approx(3 * WITH_CLASSIFIER.belief, abs=1e-4)


def test_signals_without_a_classifier():
    found = evidence([0.5, 0.9], background=0.3, length=4.5)

    best, margin = 0.9 * WITHOUT_CLASSIFIER.phrasing, 0.4 * WITHOUT_CLASSIFIER.phrasing
    expected = {
        "best phrasing": 0.9,
        "best background": 0.3,
        "out of scope": 0,
        "margin": margin,
        "best score": best,
        "length": 4.5,
    }
    assert signals(found) == pytest.approx(expected, abs=1e-5)


def test_belief_in_no_entry_is_a_signal_and_no_score():
    found = evidence([0.2, 0.1], beliefs=[-3, -4, -0.07])

    assert signals(found)["out of scope"] == pytest.approx(-0.07)
    assert found.scores().shape == (1, 2)


def test_the_best_phrasing_counts_even_if_another_entry_has_the_best_score():
    found = evidence([0.9, 0.5], [0.0, 0.0], beliefs=[-9, -0.1, -5])

    assert found.scores()[0].argmax() == 1
    assert signals(found)["best phrasing"] == pytest.approx(0.9)


def test_the_margin_is_to_the_second_best_of_many():
    found = signals(evidence([0.1, 0.7, 0.9, 0.2]))

    assert found["margin"] == pytest.approx(0.2 * WITHOUT_CLASSIFIER.phrasing, abs=1e-5)
    assert found["best score"] == pytest.approx(0.9 * WITHOUT_CLASSIFIER.phrasing, abs=1e-5)


def test_the_margin_of_a_single_entry_is_to_nothing():
    expected = 0.9 * WITHOUT_CLASSIFIER.phrasing

    assert signals(evidence([0.9]))["margin"] == pytest.approx(expected, abs=1e-5)


def test_signals_of_several_queries_are_those_of_each():
    one, other = evidence([0.5, 0.9], background=0.3), evidence([0.2, 0.1], background=0.7, length=5)
    names = ("phrasings", "passages", "lexical", "background", "lengths")
    both = Evidence(
        **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names}, beliefs=None
    )

    rows = both.signals(both.scores())
    assert rows.shape == (2, len(SIGNALS))
    assert rows[0].tolist() == list(signals(one).values())
    assert rows[1].tolist() == list(signals(other).values())


def test_beliefs_are_logarithms_of_probabilities():
    beliefs = CLASSIFIER.log_probabilities(np.array([[1, 0], [0, 1], [-1, -1]], np.float32))

    assert np.exp(beliefs).sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert beliefs.argmax(axis=1).tolist() == [0, 1, 2]


def test_what_says_nothing_is_believed_as_often_as_each_class_occurs():
    (beliefs,) = CLASSIFIER.log_probabilities(np.zeros((1, 2), np.float32))
    odds = np.exp([0, 0, 0.5])

    assert np.exp(beliefs).tolist() == pytest.approx((odds / odds.sum()).tolist())


def test_huge_evidence_for_a_class_stays_finite_also_for_a_query_beside_it():
    beliefs = CLASSIFIER.log_probabilities(np.array([[1e4, 0], [0, 0]], np.float32))

    assert beliefs[0].tolist() == pytest.approx([0, -3e4, -6e4], rel=1e-4)
    assert beliefs[1].min() > -2


@pytest.mark.parametrize("beliefs", [None, [-1, -2, -3, -0.1]], ids=["without", "with a classifier"])
def test_what_speaks_for_an_entry_is_told_entry_by_entry(beliefs):
    one = evidence([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9], beliefs)

    last, first = one.closeness(np.array([2, 0]))

    assert (last.phrasing, last.passage, last.lexical) == pytest.approx((0.3, 0.6, 0.9))
    assert (first.phrasing, first.passage, first.lexical) == pytest.approx((0.1, 0.4, 0.7))
    assert (last.belief, first.belief) == ((None, None) if beliefs is None else (-3, -1))


def test_the_gates_log_odds_are_the_weighted_signals():
    log_odds = Gate(np.array([2.0, 0, 0, 0, 0, -1]), -1.0).in_scope(
        np.array([[0.5, 9, 9, 9, 9, 0], [1, 9, 9, 9, 9, 3]])
    )

    assert log_odds.tolist() == pytest.approx([2 * 0.5 - 1, 2 - 3 - 1])


def test_confidence_rises_with_the_phrasing_and_falls_with_the_background():
    weighing = decision(gate(best_phrasing=4, best_background=-4))

    near, same, far = (
        weighing.judge(evidence([best, 0.1], background=background)).confidence
        for best, background in ((0.9, 0.2), (0.5, 0.5), (0.3, 0.8))
    )
    assert near > same > far
    assert same == pytest.approx(0.5)


def test_a_judgement_has_a_score_for_every_entry():
    found = evidence([0.5, 0.9, 0.1])

    assert decision(gate()).judge(found).scores.tolist() == found.scores()[0].tolist()


@pytest.mark.parametrize("has_classifier", [False, True])
@pytest.mark.parametrize("entries", [1, 2, 3, 40])
@pytest.mark.parametrize("seed", range(5))
def test_one_query_is_judged_by_the_signals_that_it_has_among_many(entries, has_classifier, seed):
    """Also where all is far off, so that the best score is below nought."""
    rng = np.random.default_rng(seed)
    phrasings, passages, lexical = rng.uniform(-1, 1, (3, entries)).tolist()
    beliefs = np.log(rng.dirichlet(np.ones(entries + 1))).tolist() if has_classifier else None
    background, length = rng.uniform(-1, 1), rng.uniform(1, 6)
    found = evidence(phrasings, passages, lexical, beliefs, background, length)
    weighing = Gate(rng.normal(size=len(SIGNALS)), rng.normal())

    judgement = decision(weighing).judge(found)

    (among_many,) = weighing.in_scope(found.signals(found.scores())).tolist()
    assert dict(zip(SIGNALS, judgement.signals, strict=True)) == pytest.approx(signals(found), abs=1e-5)
    assert weighing.in_scope_of(judgement.signals) == pytest.approx(among_many, abs=1e-4)
    assert judgement.confidence == pytest.approx(NO_CURVE.probability_of(among_many), abs=1e-4)


@pytest.mark.parametrize("phrasings", [[-0.4], [0.5, 0.5], [0.1, 0.9, 0.9]])
def test_one_query_has_the_margin_that_it_has_among_many_where_scores_are_equal_or_below_nought(phrasings):
    found = evidence(phrasings)

    assert decision(gate()).judge(found).signals == pytest.approx(tuple(signals(found).values()), abs=1e-6)


def test_a_judgement_names_the_entries_best_first_and_of_equals_the_first():
    found = evidence([0.5, 0.9, 0.1, 0.9])

    assert decision(gate()).judge(found).order.tolist() == [1, 3, 0, 2]


def test_of_however_many_equals_the_first_comes_first():
    found = evidence([0.5] * 100 + [0.9] * 200)

    assert decision(gate()).judge(found).order.tolist() == [*range(100, 300), *range(100)]


def test_one_query_gets_the_probability_that_it_gets_among_many():
    curve = Calibration(np.array([-2.0, 0.5, 3.0]), np.array([0.4, 1.5, 0.0, 2.5]), -1.25)
    log_odds = np.array([-1e9, -8.0, -2.0, 0.0, 0.7, 30.0, 1e9])

    one_by_one = [curve.probability_of(each) for each in log_odds.tolist()]

    assert one_by_one == pytest.approx(curve.probability(log_odds).tolist(), abs=1e-12)


def test_without_knots_the_calibrated_log_odds_are_the_gates():
    log_odds = np.array([-2.0, 0, 3])

    assert NO_CURVE.probability(log_odds).tolist() == pytest.approx((1 / (1 + np.exp(-log_odds))).tolist())


def test_probability_rises_strictly_and_most_where_the_ramps_are():
    curve = Calibration(np.array([-1.0, 2.0]), np.array([0.02, 0.0, 3.0]), -1.0)
    log_odds = np.linspace(-12, 12, 200)
    probability = curve.probability(log_odds)

    assert (np.diff(probability) > 0).all()
    assert 0 < probability.min() < probability.max() < 1
    assert 1.5 < log_odds[np.diff(probability).argmax()] < 2.5


def test_probability_of_the_absurd_stays_between_0_and_1():
    curve = Calibration(np.array([0.0]), np.array([1.0, 1.0]), 0.0)
    probability = curve.probability(np.array([-1e9, 1e9]))

    assert probability.tolist() == pytest.approx([0, 1], abs=1e-9)


def test_a_chinese_and_an_english_question_of_one_meaning_are_about_as_long():
    assert length("小程序认证要多少钱？") == pytest.approx(length("How much does verification cost"), abs=0.2)
    assert length("") == 0
    assert lengths(["", "备案", "备案要多久"]).tolist() == pytest.approx(
        [0, length("备案"), length("备案要多久")]
    )


@pytest.mark.parametrize("classifier", [CLASSIFIER, None])
def test_a_decision_survives_its_arrays(tmp_path, classifier):
    """Stored and read again, it judges the same to the last bit."""
    curve = Calibration(np.array([-1.0, 2.0]), np.array([0.3, 0.2, 3.0]), -1.0)
    before = Decision(classifier, gate(best_phrasing=3, margin=0.3, length=-0.2), curve, 0.61, 0.42)
    np.savez(tmp_path / "arrays.npz", **before.to_arrays())
    with np.load(tmp_path / "arrays.npz") as arrays:
        after = Decision.from_arrays(arrays)

    queries = np.array([[0.6, 0.8]], np.float32)
    judged = []
    for each in (before, after):
        beliefs = each.beliefs(queries)
        assert (beliefs is None) == (classifier is None)
        found = replace(evidence([0.5, 0.9], [0.8, 0.1], [0.2, 0.3], background=0.3), beliefs=beliefs)
        judged.append((each.judge(found).scores.tolist(), each.judge(found).confidence))
    assert judged[0] == judged[1]
    assert (after.answer_threshold, after.clarify_threshold) == (0.61, 0.42)
    assert (after.classifier is None) == (classifier is None)

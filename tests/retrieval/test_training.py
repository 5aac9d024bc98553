"""Training: hand-made clouds of vectors, some apart, some overlapping."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from bot.retrieval.decision import Evidence
from bot.retrieval.training import MAX_CLASSES, TrainingSet, train
from bot.retrieval.vectors import best_per_group, unit

DIMENSIONS = 16


def cloud(axes: list[int], each: int, noise: float, seed: int) -> np.ndarray:
    """``each`` unit vectors around every axis."""
    rng = np.random.default_rng(seed)
    centres = np.eye(DIMENSIONS, dtype=np.float32)[np.repeat(axes, each)]
    return unit(centres + noise * rng.normal(size=centres.shape).astype(np.float32))


def training_set(entries: int = 4, each: int = 6, background: int = 24, noise: float = 0.1) -> TrainingSet:
    """Entries on axes of their own; the background on the axis after them and on the one after that."""
    axes = list(range(entries))
    outside = cloud([entries, entries + 1], (background + 1) // 2, noise, seed=2)[:background]
    return TrainingSet(
        entries,
        cloud(axes, each, noise, seed=0),
        np.repeat(axes, each),
        cloud(axes, 1, noise, seed=1),
        np.arange(entries),
        outside,
    )


APART = training_set()
OVERLAPPING = training_set(each=20, background=60, noise=0.55)


def fit(data: TrainingSet, rate: float = 0.05):
    return train(data, false_answer_rate=rate, progress=lambda *_: None)


@cache
def fit_overlapping(rate: float):
    return fit(OVERLAPPING, rate)


def judge(data: TrainingSet, trained, query: np.ndarray) -> tuple[int, float]:
    """The entry that comes first, and the confidence."""
    evidence = Evidence(
        best_per_group(query[None] @ data.phrasings.T, data.phrasing_entries, data.entry_count),
        best_per_group(query[None] @ data.passages.T, data.passage_entries, data.entry_count),
        (query[None] @ data.background.T).max(axis=1),
    )
    scores, confidence = trained.decision.score(query, evidence)
    return int(scores.argmax()), confidence


def test_new_questions_near_an_entry_find_it_with_confidence_to_answer():
    trained = fit(APART)
    found = [judge(APART, trained, query) for query in cloud([0, 1, 2, 3], 1, 0.1, seed=9)]

    assert [entry for entry, _ in found] == [0, 1, 2, 3]
    assert min(confidence for _, confidence in found) >= trained.decision.answer_threshold


def test_new_questions_near_the_background_are_not_answered():
    trained = fit(APART)
    confidences = [judge(APART, trained, query)[1] for query in cloud([4, 5], 5, 0.1, seed=9)]

    assert max(confidences) < trained.decision.answer_threshold


def test_held_out_phrasings_of_separate_entries_are_all_found_and_answered():
    trained = fit(APART)

    assert (trained.held_out_hit_at_1, trained.coverage) == (1.0, 1.0)
    assert trained.false_answer_rate <= 0.05


@pytest.mark.parametrize(
    ("background", "rate"), [(3, 0.25), (3, 0.5), (10, 0.03), (20, 0.1), (33, 0.03), (101, 0.03)]
)
def test_the_threshold_meets_the_wanted_rate_whatever_the_backgrounds_size(background, rate):
    data = training_set(each=10, background=background, noise=0.55)

    assert fit(data, rate).false_answer_rate <= rate


def test_the_threshold_is_no_stricter_than_it_must_be():
    """One background question more would be too many."""
    assert fit_overlapping(0.25).false_answer_rate == pytest.approx(0.25)


def test_a_stricter_rate_answers_less():
    strict, loose = fit_overlapping(0.02), fit_overlapping(0.25)

    assert strict.coverage < loose.coverage
    assert strict.decision.answer_threshold > loose.decision.answer_threshold


@pytest.mark.parametrize("rate", [0.02, 0.25])
def test_asking_back_starts_below_answering(rate):
    decision = fit_overlapping(rate).decision

    assert 0 <= decision.clarify_threshold < decision.answer_threshold <= 1


def test_the_curve_falls_as_the_threshold_rises():
    curve = fit_overlapping(0.25).curve
    rows = np.array([(p.threshold, -p.coverage, -p.false_answer_rate) for p in curve])

    assert (np.diff(rows, axis=0) >= 0).all()
    assert curve[0].coverage > curve[-1].coverage
    assert curve[0].false_answer_rate == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "data",
    [
        training_set(each=2),
        training_set(background=2),
        training_set(entries=1, each=1, background=0),
    ],
    ids=["two phrasings an entry", "hardly any background", "one phrasing in all"],
)
def test_too_little_to_learn_from_leaves_the_built_in_decision(data):
    trained = fit(data)

    assert trained.decision.classifier is None
    assert (trained.decision.answer_threshold, trained.decision.clarify_threshold) == (0.6, 0.4)
    assert (trained.coverage, trained.held_out_hit_at_1, trained.curve) == (None, None, ())


def test_too_many_entries_leave_the_built_in_decision():
    count = MAX_CLASSES + 1
    vectors = np.ones((3 * count, 2), np.float32)
    numbers = np.repeat(np.arange(count), 3)
    data = TrainingSet(count, vectors, numbers, vectors, numbers, np.ones((9, 2), np.float32))

    assert fit(data).decision.classifier is None


def test_the_built_in_decision_still_tells_near_from_far():
    data = training_set(each=2)
    trained = fit(data)

    (entry, near), (_, far) = (judge(data, trained, query) for query in cloud([2, 4], 1, 0.1, seed=9))
    assert entry == 2
    assert near >= trained.decision.answer_threshold > trained.decision.clarify_threshold > far


def test_a_knowledge_base_of_one_entry_is_trained_too():
    data = training_set(entries=1)
    trained = fit(data)

    (_, near), (_, far) = (judge(data, trained, query) for query in cloud([0, 1], 1, 0.1, seed=9))
    beliefs = trained.decision.classifier.log_probabilities(np.eye(2, DIMENSIONS, dtype=np.float32))
    assert beliefs.argmax(axis=1).tolist() == [0, 1]
    assert near >= trained.decision.answer_threshold > far


@pytest.mark.parametrize("entries", [1, 2, 3, 5])
def test_an_entry_may_lose_all_its_phrasings_to_the_held_out_third(entries):
    trained = fit(training_set(entries=entries, each=3, background=3))

    assert trained.decision.classifier.weights.shape == (entries + 1, DIMENSIONS)
    assert np.isfinite(trained.decision.classifier.bias).all()


def test_the_same_vectors_give_the_same_decision():
    first, second = (fit(APART).decision.to_arrays() for _ in range(2))

    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


def test_progress_is_told_from_the_first_step_to_the_last():
    steps = []
    train(APART, false_answer_rate=0.05, progress=lambda *step: steps.append(step))

    assert steps == [("training the decision", done, 4) for done in range(5)]

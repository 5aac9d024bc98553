"""The threshold where nothing can be held out: of all that must not be answered, wherever it stands."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval import built_in_decision
from bot.retrieval.built_in_decision import built_in
from bot.retrieval.training_set import Group, TrainingSet
from bot.retrieval.vectors import unit

DIMENSIONS = 64
AXES = np.eye(DIMENSIONS, dtype=np.float32)


def group(vectors, entries) -> Group:
    return Group(("text",) * len(entries), np.asarray(vectors, np.float32), np.asarray(entries, np.intp))


def training_set(phrasings, passages, background=()) -> TrainingSet:
    """A phrasing and a passage of each entry."""
    count, outside = len(phrasings), np.reshape(background, (-1, DIMENSIONS))
    return TrainingSet(
        tuple(f"entry-{number}" for number in range(count)),
        group(phrasings, range(count)),
        group(passages, range(count)),
        group(outside, [-1] * len(outside)),
        np.zeros(len(outside), bool),
    )


def limit(data: TrainingSet, rate: float = 0.0) -> float:
    """The gate's log-odds from which on the decision answers."""
    return -built_in(data, rate).calibration.bias


def with_a_misleading_passage(count: int, asked: int) -> TrainingSet:
    """Entries all alike but for one, in whose place another one's passage would do."""
    phrasings = unit(AXES[:count] + 0.1)
    passages = np.tile(AXES[-1], (count, 1))
    passages[asked - 1] = phrasings[asked]
    return training_set(phrasings, passages)


@pytest.mark.parametrize("count", [2, 3, 55])
def test_every_phrasing_is_asked_with_its_own_entry_hidden_wherever_it_stands(count):
    limits = [limit(with_a_misleading_passage(count, asked)) for asked in range(count)]
    nobody_misled = limit(training_set(unit(AXES[:count] + 0.1), np.tile(AXES[-1], (count, 1))))

    assert limits == pytest.approx([limits[0]] * count, abs=1e-4)
    assert limits[0] > nobody_misled + 0.1


def test_two_entries_that_are_alike_are_told_apart_more_strictly_than_two_that_are_not():
    alike, apart = (training_set([AXES[0], unit(AXES[0] + tilt * AXES[1])], AXES[2:4]) for tilt in (0.2, 5.0))

    assert limit(alike) > limit(apart) + 3


def test_a_single_entry_has_nothing_that_could_be_taken_for_it():
    assert limit(training_set(AXES[:1], AXES[:1])) <= 0


@pytest.mark.parametrize("place", [0, 12, 23])
def test_a_background_question_counts_as_such_wherever_it_stands(place):
    """It is as near as can be, and one of 24: more than may be answered by mistake."""
    background = np.repeat(AXES[9:10], 24, axis=0)
    background[place] = AXES[0]
    data = training_set(AXES[:4], AXES[4:8], background)

    near, far = limit(data, 0.03), limit(training_set(AXES[:4], AXES[4:8], np.delete(background, place, 0)))
    assert near > far + 3


@pytest.mark.parametrize("at_once", [1, 7, 12, 10**6])
def test_asked_in_parts_for_want_of_memory_it_is_the_same_decision(at_once, monkeypatch):
    vectors = unit(np.random.default_rng(6).normal(size=(16, DIMENSIONS)).astype(np.float32))
    data = training_set(vectors[:6], vectors[3:9], vectors[6:])

    whole = limit(data, 0.2)
    monkeypatch.setattr(built_in_decision, "_SCORES_AT_ONCE", at_once)
    assert limit(data, 0.2) == pytest.approx(whole, abs=1e-6)

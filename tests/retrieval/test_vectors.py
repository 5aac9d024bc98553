"""Comparing with very many rows part by part gives what comparing with all at once does."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval import built_in_decision, vectors
from bot.retrieval.vectors import Groups, Vectors, best_of_all, best_of_groups, unit
from tests.retrieval.test_training import fit, training_set

RANDOM = np.random.default_rng(7)


def scattered(count: int) -> Vectors:
    return unit(RANDOM.normal(size=(count, 16)).astype(np.float32))


@pytest.fixture(params=[1, 100, 700])
def in_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So few cosines at once that one, one, and seven vectors are compared with 90 rows at a time."""
    monkeypatch.setattr(vectors, "_COSINES_AT_ONCE", request.param)


@pytest.mark.usefixtures("in_parts")
def test_the_best_of_each_group_is_that_of_the_whole_product():
    asked, rows, owners = scattered(20), scattered(90), RANDOM.integers(0, 9, 90)
    owners[owners == 4] = 3
    best = best_of_groups(asked, rows, Groups.of(owners, 9))

    product = asked @ rows.T
    for group in {*range(9)} - {4}:
        assert best[:, group] == pytest.approx(product[:, owners == group].max(axis=1), abs=1e-6)
    assert best[:, 4].tolist() == [-1] * 20


@pytest.mark.usefixtures("in_parts")
def test_the_best_of_all_is_that_of_the_whole_product():
    asked, rows = scattered(20), scattered(90)

    assert best_of_all(asked, rows) == pytest.approx((asked @ rows.T).max(axis=1), abs=1e-6)
    assert best_of_all(asked, rows[:0]).tolist() == [-1] * 20
    assert best_of_all(asked[:0], rows).tolist() == []


def test_a_unit_vector_keeps_its_direction_and_nothing_stays_nothing():
    both = unit(np.array([[3, 4], [0, 0]], np.float32))

    assert both.tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]
    assert unit(np.array([3, 4], np.float32)).tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("data", [training_set(each=1, entries=8, background=20), training_set()])
def test_a_decision_learnt_in_parts_is_the_one_learnt_at_once(data, monkeypatch):
    at_once = fit(data)
    monkeypatch.setattr(vectors, "_COSINES_AT_ONCE", 30)
    monkeypatch.setattr(built_in_decision, "_SCORES_AT_ONCE", 24)
    in_parts = fit(data)

    parted = in_parts.decision.to_arrays()
    for name, learnt in at_once.decision.to_arrays().items():
        assert parted[name] == pytest.approx(learnt, abs=1e-3), name

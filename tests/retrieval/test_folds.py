"""Which questions are held out together: nothing depends on where they stand, nor much on one another."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.folds import absent_entries, in_fold, phrasings_in_fold
from bot.retrieval.training_set import FOLDS
from tests.retrieval.test_training import training_set

ROUNDS = range(3)
MANY = tuple(f"question {n}" for n in range(300))


def folds_of(names, round_: int = 0) -> dict[str, int]:
    """The fold that takes each."""
    taken = np.array([in_fold(names, round_ * FOLDS + fold) for fold in range(FOLDS)])
    assert taken.sum(axis=0).tolist() == [1] * len(names)
    return dict(zip(names, taken.argmax(axis=0).tolist(), strict=True))


def folds_by_entry(phrasings: dict[str, int], round_: int = 0) -> dict[str, int]:
    """The fold that takes each phrasing, given with its entry."""
    entries = np.array([*phrasings.values()], np.intp)
    first = round_ * FOLDS
    taken = np.array(
        [phrasings_in_fold(tuple(phrasings), entries, first + fold) for fold in range(FOLDS)], bool
    )
    assert taken.sum(axis=0).tolist() == [1] * len(entries)
    return dict(zip(phrasings, taken.argmax(axis=0).tolist(), strict=True))


def asked_of(sizes: list[int]) -> dict[str, int]:
    """So many phrasings of each entry -> their entries."""
    return {f"{entry} asked {n}": entry for entry, size in enumerate(sizes) for n in range(size)}


def with_first(phrasing: str, entry: int, others: dict[str, int]) -> dict[str, int]:
    """A phrasing more, above all others."""
    return {phrasing: entry} | others


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_question_more_leaves_all_others_in_their_folds(round_):
    more = folds_of(("a new one", *MANY), round_)

    assert {name: more[name] for name in MANY} == folds_of(MANY, round_)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_phrasing_more_leaves_those_of_all_other_entries_in_their_folds(round_):
    before = asked_of([3, 5, 40, 19, 4, 1])
    after = folds_by_entry(with_first("a new one", 1, before), round_)

    others = [phrasing for phrasing, entry in before.items() if entry != 1]
    drawn = folds_by_entry(before, round_)
    assert [after[phrasing] for phrasing in others] == [drawn[phrasing] for phrasing in others]


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_phrasing_more_of_an_entry_that_has_many_leaves_the_others_of_that_entry_too(round_):
    before = asked_of([20, 5])
    after = folds_by_entry(with_first("a new one", 0, before), round_)

    del after["a new one"]
    assert after == folds_by_entry(before, round_)


def test_an_entry_more_leaves_the_phrasings_of_all_others_in_their_folds():
    """Its number is that of the entry that was first, and all others move up by one."""
    before = asked_of([3, 12, 40])
    moved = {phrasing: entry + 1 for phrasing, entry in before.items()}
    after = folds_by_entry({"new 1": 0, "new 2": 0, "new 3": 0} | moved)

    assert {phrasing: after[phrasing] for phrasing in before} == folds_by_entry(before)


@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("size", [2, 3, 4, 10, 19])
def test_an_entry_keeps_phrasings_on_both_sides_and_as_many_in_each_fold(size, round_):
    phrasings = asked_of([size] * 50)
    drawn = folds_by_entry(phrasings, round_)

    for entry in range(50):
        folds = [drawn[phrasing] for phrasing, owner in phrasings.items() if owner == entry]
        counts = np.bincount(folds, minlength=FOLDS)
        assert max(counts) < size
        assert max(counts) - min(counts) <= 1


def test_no_fold_is_larger_for_the_entries_that_cannot_be_shared_out_evenly():
    drawn = folds_by_entry(asked_of([4] * 200))

    counts = np.bincount([*drawn.values()])
    assert min(counts) > 230


def test_where_a_question_stands_makes_no_difference():
    phrasings = asked_of([3, 40, 12])
    shuffled = dict(np.random.default_rng(0).permutation([*phrasings.items()]).tolist())

    assert folds_of(MANY[::-1]) == folds_of(MANY)
    assert folds_by_entry({phrasing: int(entry) for phrasing, entry in shuffled.items()}) == folds_by_entry(
        phrasings
    )


@pytest.mark.parametrize("round_", ROUNDS)
def test_every_fold_takes_about_a_third_of_many(round_):
    counts = np.bincount([*folds_of(MANY, round_).values()])

    assert len(counts) == FOLDS
    assert min(counts) > 75


def test_another_round_draws_them_anew():
    first, second = folds_of(MANY, 0), folds_of(MANY, 1)

    assert 50 < sum(first[name] == second[name] for name in MANY) < 150


@pytest.mark.parametrize("count", [4, 300])
def test_the_same_text_twice_is_never_held_out_from_itself(count):
    names = [*MANY[:count], *MANY[:count]]

    for fold in range(FOLDS):
        once, again = np.split(in_fold(names, fold), 2)
        assert once.tolist() == again.tolist()


def test_of_nothing_nothing_is_held_out():
    assert in_fold((), 0).tolist() == []
    assert phrasings_in_fold((), np.empty(0, np.intp), 0).tolist() == []


@pytest.mark.parametrize("entries", [5, 6, 10])
def test_no_more_than_a_third_of_few_entries_is_absent_at_once(entries):
    data = training_set(entries=entries, near_misses=False)
    counts = [absent_entries(data, fold).sum() for fold in range(FOLDS)]

    assert sum(counts) == data.entry_count
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(("entries", "near_misses"), [(4, False), (10, True)])
def test_no_entry_is_absent_where_they_are_few_or_near_misses_were_written(entries, near_misses):
    data = training_set(entries=entries, near_misses=near_misses)

    assert [absent_entries(data, fold).tolist() for fold in range(FOLDS)] == [[False] * entries] * FOLDS

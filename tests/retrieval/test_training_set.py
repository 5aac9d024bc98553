"""What a knowledge base is trained on: which rows, how often, and whether it is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.retrieval.training_set import MAX_CLASSES, Group, TrainingSet


def group(*texts: str, entry: int) -> Group:
    vectors = np.array([(len(text), entry) for text in texts], np.float32).reshape(-1, 2)
    return Group(texts, vectors, np.full(len(texts), entry))


def training_set(entries: int, phrasings: int, background: int) -> TrainingSet:
    outside = group(*["?"] * background, entry=-1)
    return TrainingSet(
        ("id",) * entries,
        group(*["text"] * phrasings, entry=0),
        group(entry=0),
        outside,
        np.zeros(background, bool),
    )


def test_rows_of_others_join_as_nobodys():
    both = group("a", "bb", entry=1).and_nobodys(group("ccc", entry=0))

    assert both.texts == ("a", "bb", "ccc")
    assert both.vectors.tolist() == [[1, 1], [2, 1], [3, 0]]
    assert (both.entries.tolist(), both.entries.dtype.kind) == ([1, 1, -1], "i")
    assert (both.owned(2).names.tolist(), both.where(both.entries >= 0).texts) == ([-1, 1], ("a", "bb"))


def test_rows_are_chosen_with_all_that_is_theirs():
    chosen = group("a", "bb", entry=1).and_nobodys(group("ccc", entry=0)).where(np.array([False, True, True]))

    assert (chosen.texts, chosen.vectors[:, 0].tolist()) == (("bb", "ccc"), [2, 3])
    assert chosen.entries.tolist() == [1, -1]


@pytest.mark.parametrize(
    ("entries", "phrasings", "background", "is_enough"),
    [
        (2, 6, 3, True),
        (2, 5, 3, False),
        (2, 6, 2, False),
        (MAX_CLASSES, 3 * MAX_CLASSES, 3, True),
        (MAX_CLASSES + 1, 3 * MAX_CLASSES + 3, 3, False),
    ],
)
def test_three_phrasings_an_entry_and_a_background_question_a_fold_are_enough(
    entries, phrasings, background, is_enough
):
    assert training_set(entries, phrasings, background).is_classifiable is is_enough


@pytest.mark.parametrize(("phrasings", "folds"), [(1_500, 9), (1_501, 3)])
def test_few_phrasings_are_held_out_three_times_over(phrasings, folds):
    assert training_set(2, phrasings, 3).folds == folds


def test_near_misses_that_somebody_wrote_are_a_third_of_all_and_those_of_held_out_entries_few():
    data = training_set(2, 6, 3)
    written = replace(data, is_near_miss=np.array([False, True, False]))

    assert (data.near_share, written.near_share) == (0.04, 0.35)

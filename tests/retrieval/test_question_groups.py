"""Questions grouped by what they ask for: with made-up vectors, whose needs are known."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.question_groups import learn_grouper, pairwise_f1
from bot.retrieval.vectors import unit

DIMENSIONS = 32


class World:
    """Needs lie far apart in the first half of the dimensions; wordings differ as much in the second."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def asked(self, needs: int, ways: int):
        """Vectors of every need in so many ways, and the needs' numbers."""
        numbers = np.repeat(np.arange(needs), ways)
        half = DIMENSIONS // 2
        vectors = self.random.normal(0, 0.25, (len(numbers), DIMENSIONS))
        vectors[:, :half] += self.random.normal(0, 1, (needs, half))[numbers]
        vectors[:, half:] += self.random.normal(0, 1.2, (len(numbers), half))
        return unit(vectors.astype(np.float32)), numbers


def labels(groups, count):
    found = np.empty(count, int)
    for number, group in enumerate(groups):
        found[group] = number
    return found


@pytest.fixture(scope="module")
def grouper():
    return learn_grouper(*World(1).asked(60, 8))


def test_needs_that_no_entry_is_about_are_found(grouper):
    vectors, needs = World(2).asked(12, 4)
    groups = grouper.groups(vectors)
    f1, precision, recall = pairwise_f1(labels(groups, len(vectors)), needs)

    assert min(f1, precision, recall) > 0.8


def test_every_question_is_in_one_group_and_groups_come_in_the_order_of_the_questions(grouper):
    vectors, _ = World(3).asked(6, 3)
    groups = grouper.groups(vectors)

    assert sorted(number for group in groups for number in group) == list(range(18))
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


def test_the_same_questions_are_grouped_alike_every_time(grouper):
    vectors, _ = World(4).asked(10, 4)
    again = learn_grouper(*World(1).asked(60, 8))

    assert again.cut == grouper.cut
    assert again.groups(vectors) == grouper.groups(vectors)


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_questions_are_a_group_each(grouper, count):
    assert grouper.groups(World(5).asked(1, 1)[0][:count]) == [[0]][:count]


def test_where_nothing_is_asked_in_two_ways_only_what_is_nearer_than_any_entries_is_one():
    vectors, entries = World(6).asked(20, 1)
    grouper = learn_grouper(vectors, entries)

    assert grouper.groups(vectors) == [[n] for n in range(20)]
    assert grouper.groups(np.repeat(vectors[:3], 2, axis=0)) == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("ways", [1, 5])
def test_a_single_entry_is_enough_to_start_with(ways):
    vectors, entries = World(7).asked(1, ways)
    grouper = learn_grouper(vectors, entries)

    assert grouper.groups(np.vstack([vectors[:1], vectors[:1], -vectors[:1]])) == [[0, 1], [2]]


def test_pairs_are_counted_as_the_literature_does():
    f1, precision, recall = pairwise_f1([0, 0, 0, 1], [0, 0, 1, 1])

    assert (precision, recall) == (1 / 3, 1 / 2)
    assert f1 == pytest.approx(2 / 5)

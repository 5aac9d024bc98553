"""What tells entries apart, in two dimensions, where it can be reckoned by hand.

Entries differ along the first dimension and their phrasings along the second. What is learnt is seen in two
questions halfway between both: how alike they come out.
"""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.discriminant import learn_discriminant

HALFWAY = np.array([(1.0, 1.0), (1.0, -1.0)]) / 2**0.5


def likeness(vectors, entries, turn=((1.0, 0.0), (0.0, 1.0))) -> float:
    """Cosine of the two halfway questions in the half of a vector that the map makes."""
    learnt = learn_discriminant(np.asarray(vectors, np.float32), np.asarray(entries))
    one, other = learnt.of((HALFWAY @ turn).astype(np.float32)).astype(float)
    assert one[2:] @ other[2:] == pytest.approx(0, abs=1e-6)  # the other half stays as it was
    return 2 * float(one[:2] @ other[:2])


def of_scales(first: float, second: float) -> float:
    """The same where the two dimensions are stretched by so much."""
    return (first**2 - second**2) / (first**2 + second**2)


def told(between: float) -> float:
    """How surely a difference is one between entries; within them its variance is 1."""
    return between / (between + 1)


def two_entries(each: int, apart: float, middle=(0.0, 0.0)):
    """Phrasings a unit above and below their entry's middle, and one in it; the entries' numbers."""
    second = np.tile(np.repeat([1.0, -1.0, 0.0], (each // 2, each // 2, 1)), 2)
    first = np.repeat([apart, -apart], each)
    return np.column_stack([first, second]) + middle, np.repeat([5, 3], each)


# Of 2 * 1,001 phrasings 2,000 are free to differ: as many as are taken to be seen beforehand, so that half
# of what they show counts. Within entries the variances are 0 and 1: taken as 1/4 and 3/4.
WITHIN = np.array([0.25, 0.75])
# Two entries leave 1 of 31 parts to what they show: 2 * apart² along the first dimension.
SHARES_OF_BETWEEN = np.array([1 / 31 + 15 / 31, 15 / 31])


@pytest.mark.parametrize("apart", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("middle", [(0.0, 0.0), (3.0, -1.0)])
def test_what_tells_entries_apart_counts_and_how_phrasings_differ_does_not(apart, middle):
    between = 2 * apart**2 / WITHIN[0] * SHARES_OF_BETWEEN

    assert likeness(*two_entries(1_001, apart, middle)) == pytest.approx(
        of_scales(*told(between) / np.sqrt(WITHIN)), abs=1e-4
    )


def test_the_order_of_phrasings_makes_no_difference():
    vectors, entries = two_entries(101, 0.5)
    shuffled = np.random.default_rng(0).permutation(len(entries))

    assert likeness(vectors[shuffled], entries[shuffled]) == pytest.approx(likeness(vectors, entries))


def test_the_map_turns_with_the_vectors():
    turn = np.array([(0.6, 0.8), (-0.8, 0.6)])
    vectors, entries = two_entries(101, 0.5)

    assert likeness(vectors @ turn, entries, turn) == pytest.approx(likeness(vectors, entries), abs=1e-4)


@pytest.mark.parametrize("apart", [0.5, 2.0])
def test_where_every_entry_has_one_phrasing_only_what_is_between_them_counts(apart):
    between = 2 * apart**2 * SHARES_OF_BETWEEN

    assert likeness([(apart, 1.0), (-apart, 1.0)], [0, 1]) == pytest.approx(
        of_scales(*told(between)), abs=1e-5
    )


def test_of_three_phrasings_the_third_is_the_only_one_that_is_free_to_differ():
    """One of 2,001 parts of their variance is what they show, the others are the same in both dimensions."""
    rows = [(100.0, 20.0), (100.0, -20.0), (-100.0, 0.0)]
    within = 800 * np.array([1_000, 1_001]) / 2_001
    between = 20_000 / within[0] * SHARES_OF_BETWEEN

    assert likeness(rows, [0, 0, 1]) == pytest.approx(of_scales(*told(between) / np.sqrt(within)), abs=1e-5)


def test_with_thirty_one_entries_half_of_what_they_show_counts():
    """However many phrasings each has: 30 entries a unit and a half to either side, and one in the middle."""
    first = np.repeat([1.5, -1.5, 0.0], (15, 15, 1))
    rows = np.column_stack([np.append(first, 1.5), np.zeros(32)])
    variance = 30 * 1.5**2 / 30
    between = variance * np.array([0.75, 0.25])

    entries = np.append(np.arange(31), 0)
    assert likeness(rows, entries) == pytest.approx(of_scales(*told(between)), abs=1e-4)


def test_a_single_entry_tells_nothing_apart_but_how_its_phrasings_differ():
    vectors = np.repeat([(1.0, 1.0), (1.0, -1.0), (1.0, 0.0)], (1_000, 1_000, 1), axis=0)

    assert likeness(vectors, np.zeros(2_001, int)) == pytest.approx(of_scales(*WITHIN**-0.5), abs=1e-4)


def test_phrasings_that_are_all_the_same_leave_every_vector_as_it_is():
    assert likeness([(1.0, 0.0)] * 3, [7, 7, 7]) == pytest.approx(0, abs=1e-6)

"""A sweep: of however many kinds, each owner's best row, in any order."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.coding import FLOATS, Coding
from bot.retrieval.searchable import Searchable
from bot.retrieval.sweep import Owned, Sweep

ROWS = np.array([(0.0, 1.0), (1.0, 0.0), (0.6, 0.8), (-1.0, 0.0)], np.float32)
OWNERS = np.array([2, 0, 2, 3])
QUERY = np.array([0.8, 0.6], np.float32)
OF_OWNERS = [0.8, -1.0, 0.96, -0.8]


def rows(coding: Coding, *numbers: int) -> Searchable:
    index = coding.flat_index(2)
    index.add(coding.coded(ROWS[[*numbers]]))
    return Searchable(index, coding)


@pytest.mark.parametrize("coding", [Coding.fitting([ROWS]), FLOATS], ids=["eight bits", "floats"])
@pytest.mark.parametrize("kinds", [1, 2, 5])
def test_of_each_kind_every_owner_counts_by_its_best_row(coding, kinds):
    sweep = Sweep([Owned(rows(coding, 0, 1, 2, 3), OWNERS, 4)] * kinds)

    found = sweep.best(QUERY)

    assert [best.tolist() for best in found] == [pytest.approx(OF_OWNERS, abs=0.01)] * kinds


def test_a_kind_without_rows_stands_between_others():
    full, none = Owned(rows(FLOATS, 0, 1), np.array([1, 0]), 2), Owned(rows(FLOATS), np.array([], int), 1)

    found = Sweep([full, none, full]).best(QUERY)

    assert [best.tolist() for best in found] == [pytest.approx([0.8, 0.6]), [-1.0], pytest.approx([0.8, 0.6])]


def test_rows_are_swept_only_where_all_are_kept_alike_and_compared():
    eight_bits = Coding.fitting([ROWS])
    lists = Searchable(FLOATS.list_index(ROWS), FLOATS)

    assert Sweep.is_of_use([rows(FLOATS, 0), rows(FLOATS, 1)])
    assert not Sweep.is_of_use([rows(FLOATS, 0), rows(eight_bits, 1)])
    assert not Sweep.is_of_use([rows(FLOATS, 0), lists])

"""Searching finds what comparing everything would, however the rows are kept, and says how much of it."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from bot.retrieval import searchable
from bot.retrieval.coding import FLOATS, Coding
from bot.retrieval.searchable import Searchable, SearchFacts, make_searchable
from bot.retrieval.vectors import Vectors, unit

DIMENSIONS = 32
RANDOM = np.random.default_rng(3)


def scattered(count: int) -> Vectors:
    """Rows without any order to them: nothing groups them well."""
    return unit(RANDOM.normal(size=(count, DIMENSIONS)).astype(np.float32))


def grouped(count: int) -> Vectors:
    """Rows in bunches of about ten, as phrasings of entries are."""
    entries = np.repeat(scattered(count // 10), 10, axis=0)
    return unit(entries + np.float32(0.3) * scattered(len(entries)))


def made_of(rows: Vectors) -> tuple[Searchable, SearchFacts]:
    return make_searchable(rows, Coding.fitting([rows]))


def nearest(found: Searchable, query: Vectors, count: int) -> tuple[Vectors, Vectors]:
    return found.nearest(found.coding.coded(query[None]), count)


def overlap(found: Searchable, rows: Vectors, queries: Vectors) -> float:
    """Share of the ten rows truly nearest that are found."""
    truly = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    return float(
        np.mean([np.isin(nearest(found, q, 10)[1], t).mean() for q, t in zip(queries, truly, strict=True)])
    )


@pytest.fixture(scope="module")
def rows() -> Vectors:
    return grouped(3_000)


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sort into lists what a test can afford to build."""
    monkeypatch.setattr(searchable, "FLAT_UP_TO", 500)


def test_all_of_few_rows_are_compared_in_eight_bits(rows):
    found, facts = made_of(rows)

    assert (facts.rows, facts.bits, facts.lists) == (3_000, 8, 0)
    assert facts.hit_at_10 >= 0.98
    assert overlap(found, rows, rows[::50]) >= 0.97


def test_cosines_are_those_of_the_vectors(rows):
    found, _ = made_of(rows)
    cosines, numbers = nearest(found, rows[7], 5)

    assert numbers[0] == 7
    assert cosines == pytest.approx(rows[numbers] @ rows[7], abs=0.02)


@pytest.mark.usefixtures("few_are_many")
def test_many_rows_are_sorted_into_lists_of_which_few_are_read(rows):
    found, facts = made_of(rows)

    assert facts.lists == 219
    assert 0 < facts.lists_read <= facts.lists / 4
    assert facts.hit_at_10 >= 0.98
    assert overlap(found, rows, rows[::50]) >= 0.95


@pytest.mark.usefixtures("few_are_many")
def test_the_same_rows_give_the_same_index(rows):
    (one, facts), (other, again) = made_of(rows), made_of(rows)

    assert facts == again
    for query in rows[::300]:
        assert nearest(one, query, 10)[1].tolist() == nearest(other, query, 10)[1].tolist()


@pytest.mark.usefixtures("few_are_many")
def test_rows_that_lists_would_lose_are_all_compared_and_the_build_says_so(caplog):
    rows = scattered(2_000)
    with caplog.at_level(logging.WARNING):
        found, facts = made_of(rows)

    assert facts.lists == 0
    assert facts.hit_at_10 >= 0.98
    assert "lists in 8 bits finds" in caplog.messages[0]
    assert "short of 98%" in caplog.messages[0]
    assert overlap(found, rows, rows[:20]) >= 0.97


def test_rows_too_alike_for_eight_bits_are_kept_as_they_are():
    rows = unit(np.eye(DIMENSIONS, dtype=np.float32)[0] + np.float32(0.1) * scattered(400))
    found, facts = made_of(rows)

    assert facts.bits == 32
    assert facts.hit_at_10 >= 0.98
    assert overlap(found, rows, rows[:20]) >= 0.99


@pytest.mark.usefixtures("few_are_many")
def test_lists_too_are_kept_as_they_are_where_eight_bits_are_too_coarse(rows, monkeypatch):
    monkeypatch.setattr(Coding, "fitting", lambda _: Coding(steps=3.0))
    found, facts = made_of(rows)

    assert (facts.bits, facts.lists) == (32, 219)
    assert overlap(found, rows, rows[::50]) >= 0.95


def test_rows_that_are_the_same_count_as_found_whichever_is():
    _, facts = made_of(np.repeat(scattered(3), 40, axis=0))

    assert facts == SearchFacts(rows=120, bits=8, lists=0, lists_read=0, hit_at_10=1.0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_rows_than_are_asked_for_are_each_found_once(count):
    found, facts = made_of(scattered(count))
    _, numbers = nearest(found, scattered(1)[0], 10)

    assert sorted(numbers.tolist()) == list(range(count))
    assert facts.hit_at_10 == 1


@pytest.mark.parametrize("bits", [8, 32])
def test_a_coding_keeps_inner_products(rows, bits):
    coding = Coding.fitting([rows]) if bits == 8 else FLOATS
    coded = coding.coded(rows)

    assert coding.bits == bits
    assert coding.cosines(coded @ coded[0]) == pytest.approx(rows @ rows[0], abs=0.02)

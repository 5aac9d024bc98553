"""Search: every entry's best phrasing and passage, and the nearest question of the background."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bot.retrieval import faiss_index, searchable
from bot.retrieval.faiss_index import TOP_ROWS, PassageIndex, RowKind, Rows
from bot.retrieval.training_set import MAX_CLASSES
from bot.retrieval.vectors import Vectors, unit

PHRASING, PASSAGE, BACKGROUND = RowKind
QUERY = np.array([0.8, 0.6], np.float32)
# Vectors are kept with eight bits a component.
near = partial(pytest.approx, abs=0.01)


def index(*rows: tuple[RowKind, int, tuple[float, float]]) -> PassageIndex:
    kinds, entries, vectors = zip(*rows, strict=True)
    owners = Rows(np.array(kinds, np.int8), np.array(entries, np.int32))
    return build(np.array(vectors, np.float32), owners, max(entries) + 1)


def build(vectors: Vectors, rows: Rows, entry_count: int) -> PassageIndex:
    return PassageIndex.build({kind: vectors[rows.kinds == kind] for kind in RowKind}, rows, entry_count)


@pytest.fixture
def small() -> PassageIndex:
    return index(
        (PHRASING, 0, (1.0, 0.0)),
        (PHRASING, 0, (0.6, 0.8)),
        (PHRASING, 1, (0.0, 1.0)),
        (PASSAGE, 0, (0.0, 1.0)),
        (PASSAGE, 1, (0.8, 0.6)),
        (BACKGROUND, -1, (-1.0, 0.0)),
        (BACKGROUND, -1, (0.0, -1.0)),
    )


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sort into lists what a test can afford to build."""
    monkeypatch.setattr(searchable, "FLAT_UP_TO", 500)


def in_bunches(count: int) -> Vectors:
    """Rows in bunches of ten, as phrasings of entries are."""
    random = np.random.default_rng(5)
    middles = np.repeat(random.normal(size=(count // 10, 32)), 10, axis=0)
    return unit((unit(middles) + 0.05 * random.normal(size=middles.shape)).astype(np.float32))


def test_the_entry_of_the_nearest_phrasing_wins_with_its_cosine(small):
    evidence = small.search(QUERY)

    assert evidence.phrasings[0].argmax() == 0
    assert evidence.phrasings[0].max() == near(0.8 * 0.6 + 0.6 * 0.8)


def test_an_entry_counts_by_its_best_vector_of_each_kind(small):
    evidence = small.search(QUERY)

    assert evidence.phrasings[0].tolist() == near([0.96, 0.6])
    assert evidence.passages[0].tolist() == near([0.6, 1.0])


def test_the_nearest_background_question_is_kept_apart(small):
    assert small.search(QUERY).background.tolist() == near([-0.6])


def test_asking_for_more_rows_than_there_are_finds_all_of_them_once():
    only = index((PHRASING, 0, (1.0, 0.0)), (PASSAGE, 0, (0.0, 1.0)), (BACKGROUND, -1, (0.6, 0.8)))
    evidence = only.search(QUERY)

    found = [*evidence.phrasings[0], *evidence.passages[0], *evidence.background]
    assert found == near([0.8, 0.6, 0.96])


def test_however_many_rows_are_nearer_an_entry_counts_by_its_best():
    close = [(PHRASING, 0, (0.8, 0.6))] * TOP_ROWS
    crowded = index(*close, (PHRASING, 1, (1.0, 0.0)), (PHRASING, 2, (-1.0, 0.0)), (PHRASING, 2, (0.0, 1.0)))

    assert crowded.search(QUERY).phrasings[0].tolist() == near([1.0, 0.8, 0.6])


def test_of_many_rows_an_entry_beyond_the_nearest_counts_as_the_last_of_them(few_are_many):
    """The exact cosine of a far entry is not needed; it must only not look near."""
    vectors = in_bunches(900)
    rows = Rows(np.repeat([0, 1, 2], 900).astype(np.int8), np.tile(np.arange(900) // 10, 3).astype(np.int32))
    found = build(np.tile(vectors, (3, 1)), rows, 90).search(vectors[3])

    assert found.entries.tolist() == list(range(90))
    assert found.phrasings[0].argmax() == 0
    assert found.phrasings.max() == near(1.0)
    far = found.phrasings[0] == found.phrasings.min()
    assert far.sum() > 1
    assert (np.sort(vectors @ vectors[3])[-TOP_ROWS] <= found.phrasings[0, far] + 0.01).all()


def test_rows_in_any_order_and_entries_without_a_kind_keep_to_their_own():
    mixed = index(
        (PHRASING, 2, (1.0, 0.0)),
        (PHRASING, 0, (0.0, 1.0)),
        (PHRASING, 2, (0.6, 0.8)),
        (PASSAGE, 1, (1.0, 0.0)),
    )
    found = mixed.search(QUERY)

    assert found.phrasings[0].tolist() == near([0.6, -1.0, 0.96])
    assert found.passages[0].tolist() == near([-1.0, 0.8, -1.0])


def test_of_very_many_entries_those_that_were_found_have_the_same_cosines(monkeypatch):
    random = np.random.default_rng(4)
    vectors = unit(random.normal(size=(900, 8)).astype(np.float32))
    rows = Rows(np.repeat([0, 1, 2], 300).astype(np.int8), np.tile(np.arange(300), 3).astype(np.int32))
    every_entry = build(vectors, rows, 300).search(vectors[3])
    monkeypatch.setattr(faiss_index, "SCORED_WHOLE", 299)
    monkeypatch.setattr(faiss_index, "TOP_ROWS", 20)
    found = build(vectors, rows, 300).search(vectors[3])

    assert 20 <= len(found.entries) <= 40
    nearest = found.entries[found.phrasings[0] > found.phrasings.min()]
    assert nearest.tolist() == np.sort(np.argsort(-every_entry.phrasings[0])[: len(nearest)]).tolist()
    best = found.phrasings[0].argmax()
    assert found.entries[best] == every_entry.phrasings[0].argmax()
    assert found.phrasings[0, best] == every_entry.phrasings.max()


def test_every_entry_that_a_classifier_knows_has_a_cosine():
    assert MAX_CLASSES <= faiss_index.SCORED_WHOLE


def test_without_a_background_nothing_of_it_is_near():
    bare = index((PHRASING, 0, (1.0, 0.0)), (PASSAGE, 0, (0.0, 1.0)))

    assert bare.search(QUERY).background.tolist() == [-1.0]


def test_a_saved_index_gives_the_same_evidence(tmp_path):
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(400, 16)).astype(np.float32))
    rows = Rows(rng.integers(0, 3, 400).astype(np.int8), rng.integers(0, 9, 400).astype(np.int32))
    built = build(vectors, rows, 9)
    built.save(tmp_path)

    loaded = PassageIndex.load(tmp_path, built.to_arrays(), 9)
    before, after = (each.search(vectors[7]) for each in (built, loaded))
    assert before.phrasings.tolist() == after.phrasings.tolist()
    assert before.passages.tolist() == after.passages.tolist()
    assert before.background.tolist() == after.background.tolist()


def test_search_agrees_with_multiplying_everything_out():
    rng = np.random.default_rng(2)
    vectors = unit(rng.normal(size=(90, 8)).astype(np.float32))
    kinds, entries = np.repeat([0, 1, 2], 30).astype(np.int8), np.tile(np.arange(5), 18).astype(np.int32)
    evidence = build(vectors, Rows(kinds, entries), 5).search(vectors[3])

    cosines = vectors @ vectors[3]
    expected = [cosines[(kinds == PHRASING) & (entries == n)].max() for n in range(5)]
    assert evidence.phrasings[0].tolist() == near(expected)
    assert evidence.background[0] == near(cosines[kinds == BACKGROUND].max())

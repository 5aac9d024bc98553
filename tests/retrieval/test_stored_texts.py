"""What a version keeps instead of dictionaries: lines read when they are asked for, and numbers by keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Vocabulary
from bot.retrieval import keys, lines
from bot.retrieval.keys import Keys
from bot.retrieval.lines import Lines, write_lines
from bot.retrieval.stored_vocabulary import read_vocabulary, write_vocabulary

TEXTS = ["first", "", "中文，带标点", "𝄞", "last"]


@pytest.fixture(params=["copied", "mapped"])
def size(request, monkeypatch):
    """Small files are copied into memory, large ones are mapped; here both are small."""
    limit = 2**40 if request.param == "copied" else 1
    for module in (keys, lines):
        monkeypatch.setattr(module, "MAPPED_FROM", limit)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("texts", [[], [""], TEXTS], ids=["none", "an empty one", "some"])
def test_lines_come_back_one_by_one_and_together(tmp_path, texts):
    write_lines(tmp_path / "lines", texts)
    found = Lines(tmp_path / "lines")

    assert [found[i] for i in range(len(found))] == list(found) == texts


def test_lines_are_counted_across_the_chunks_of_a_large_file(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "_CHUNK", 7)
    write_lines(tmp_path / "lines", TEXTS * 9)

    assert list(Lines(tmp_path / "lines")) == TEXTS * 9


def test_lines_can_be_cut_out_but_not_taken_from_outside(tmp_path):
    write_lines(tmp_path / "lines", TEXTS)
    found = Lines(tmp_path / "lines")

    assert found[1:3] == TEXTS[1:3]
    for number in (-1, len(TEXTS)):
        with pytest.raises(IndexError, match=f"there is no line {number} among {len(TEXTS)}"):
            found[number]


@given(numbers=st.dictionaries(st.text(), st.integers(0, 2**31 - 1)), others=st.lists(st.text()))
def test_every_key_gives_its_number_and_no_other_text_gives_any(numbers, others):
    table = Keys.of(numbers.items())

    assert len(table) == len(numbers)
    assert {key: table.get(key) for key in numbers} == numbers
    assert all((other in table) == (other in numbers) for other in others)


def test_of_two_numbers_of_a_key_the_first_counts():
    table = Keys.of([("a", 1), ("b", 2), ("a", 3)])

    assert (table.get("a"), table.get("b"), len(table)) == (1, 2, 2)


def test_half_a_character_is_a_key_like_any_other():
    assert Keys.of([("\ud83d", 1)]).get("\ud83d") == 1


@pytest.mark.parametrize("table", [np.zeros((3, 2)), np.zeros((2, 3), np.uint64)], ids=["type", "shape"])
def test_what_is_no_table_is_refused_and_named(table):
    with pytest.raises(ValueError, match=r"not a table of keys: \w+ \(\d, \d\)"):
        Keys(table)


def test_keys_that_share_half_a_digest_are_told_apart():
    (high,), (low,), _ = Keys.of([("a", 1)]).table.tolist()
    highs, lows = [high - 1, high, high, high], [low, low - 2, low - 1, low]
    table = Keys(np.array([highs, lows, [6, 7, 8, 1]], np.uint64))

    assert table.get("a") == 1


@pytest.mark.parametrize(("more", "is_mapped"), [(0, True), (1, False)], ids=["large", "small"])
def test_workers_share_the_pages_of_a_large_file_and_copy_a_small_one(tmp_path, monkeypatch, more, is_mapped):
    Keys.of([("a", 1)]).save(tmp_path / "keys.npy")
    monkeypatch.setattr(keys, "MAPPED_FROM", (tmp_path / "keys.npy").stat().st_size + more)

    assert isinstance(Keys.load(tmp_path / "keys.npy").table, np.memmap) is is_mapped


def test_a_file_that_would_run_code_is_refused_before_it_does(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.mkdir, (tmp_path / "ran",)

    np.save(tmp_path / "keys.npy", np.array([Trap()], object), allow_pickle=True)

    with pytest.raises(ValueError, match="allow_pickle=False"):
        Keys.load(tmp_path / "keys.npy")
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("numbers", [{}, {"one": 1, "二": 2}], ids=["none", "two"])
def test_keys_come_back_from_their_file(tmp_path, numbers):
    Keys.of(numbers.items()).save(tmp_path / "keys.npy")
    table = Keys.load(tmp_path / "keys.npy")

    assert {key: table.get(key) for key in numbers} == numbers
    assert table.get("three") is None


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary(),
        Vocabulary(
            {"licence": 3},
            {"认证": 9, "人证": 3, "证": 12},
            {"ren zheng": "认证", "zheng": "证"},
            {"认": "ren", "人": "ren", "证": "zheng"},
            ["人证"],
            {"renzheng": "认证", "zheng": "证"},
            ["认证"],
        ),
    ],
    ids=["empty", "small"],
)
def test_a_vocabulary_comes_back_from_its_file(tmp_path, vocabulary):
    write_vocabulary(tmp_path / "vocabulary.npz", vocabulary)
    found = read_vocabulary(tmp_path / "vocabulary.npz")

    for name in ("words", "phrases", "by_sound", "sounds", "by_letters"):
        assert getattr(found, name) == getattr(vocabulary, name)
    assert set(found.firm) == set(vocabulary.firm)
    assert [phrase for phrase in ("人证", "认证") if phrase in found.real] == list(vocabulary.real)

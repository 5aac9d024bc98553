"""Likeness of words: names and numbers are found, in Chinese and Latin letters, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.lexical import Lexicon
from bot.retrieval.vectors import Groups

TEXTS = (
    "小程序认证要多少钱",
    "小程序备案要多久",
    "how much does verification cost",
    "what is error 40029",
    "what is error 40163",
    "does weidian support mini programs",
)
LEXICON = Lexicon.build(TEXTS)


@pytest.mark.parametrize("row", range(len(TEXTS)))
def test_a_text_is_wholly_like_itself_and_most_like_itself(row):
    cosines = LEXICON.cosines(TEXTS[row])

    assert cosines[row] == pytest.approx(1, abs=1e-5)
    assert cosines.argmax() == row


def test_cosines_are_between_0_and_1():
    cosines = np.stack([LEXICON.cosines(text) for text in TEXTS])

    assert cosines.min() >= 0
    assert cosines.max() <= 1 + 1e-5
    assert np.allclose(cosines, cosines.T, atol=1e-5)


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("40029", 3),
        ("40163是什么意思", 4),
        ("weidian能做吗", 5),
        ("备案", 1),
        ("认证", 0),
        ("verifcation", 2),
    ],
)
def test_a_name_a_number_or_a_word_alone_finds_its_text(asked, row):
    cosines = LEXICON.cosines(asked)

    assert cosines.argmax() == row
    assert cosines[row] > 1.5 * np.delete(cosines, row).max()


@pytest.mark.parametrize("unknown", ["", "?!…", "龘靐", "zqxjkv", "😀"])
def test_what_shares_nothing_is_like_nothing(unknown):
    assert LEXICON.cosines(unknown).tolist() == [0] * len(TEXTS)


def test_what_few_texts_hold_counts_more_than_what_all_of_them_hold():
    lexicon = Lexicon.build(["小程序 甲", "小程序 乙", "小程序 丙"])
    cosines = lexicon.cosines("小程序乙")

    assert cosines[1] > 1.2 * cosines[0]
    assert cosines[0] == pytest.approx(cosines[2])


def test_the_order_of_words_counts_little_and_that_of_characters_much():
    swapped = LEXICON.cosines("cost verification does much how")[2]
    scrambled = LEXICON.cosines("woh hcum seod noitacifirev tsoc")[2]

    assert swapped == pytest.approx(1, abs=1e-5)
    assert scrambled < 0.2


def test_the_best_row_counts_for_each_group():
    groups = np.array([0, 0, 1, 2, 2, 4])
    best = LEXICON.best("what is error 40163", Groups.of(groups, 6))

    cosines = LEXICON.cosines("what is error 40163")
    expected = [cosines[:2].max(), cosines[2], cosines[3:5].max(), 0, cosines[5], 0]
    assert best.tolist() == pytest.approx(expected)


def test_a_stored_lexicon_gives_the_same_cosines(tmp_path):
    np.savez(tmp_path / "arrays.npz", **LEXICON.to_arrays())
    with np.load(tmp_path / "arrays.npz") as arrays:
        restored = Lexicon.from_arrays(arrays)

    assert restored.row_count == len(TEXTS)
    for text in (*TEXTS, "备案40029"):
        assert restored.cosines(text).tolist() == LEXICON.cosines(text).tolist()


def test_a_lexicon_of_nothing_finds_nothing():
    assert Lexicon.build([]).cosines("小程序").tolist() == []


def test_what_nearly_all_of_many_texts_hold_tells_none_of_them_apart():
    lexicon = Lexicon.build([f"小程序 {number}" for number in range(1000, 1300)])

    assert lexicon.cosines("小程序").tolist() == [0] * 300
    assert lexicon.cosines("小程序 1234").argmax() == 234

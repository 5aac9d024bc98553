"""Likeness of words: names and numbers are found, in Chinese and Latin letters, and nothing else is."""

from __future__ import annotations

import math
import random
import re
from collections import Counter

import numpy as np
import pytest

from bot.retrieval.lexical import Lexicon, ngram_counts
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
    cosines = LEXICON.cosines(ngram_counts(TEXTS[row]))

    assert cosines[row] == pytest.approx(1, abs=1e-5)
    assert cosines.argmax() == row


def test_cosines_are_between_0_and_1():
    cosines = np.stack([LEXICON.cosines(ngram_counts(text)) for text in TEXTS])

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
    cosines = LEXICON.cosines(ngram_counts(asked))

    assert cosines.argmax() == row
    assert cosines[row] > 1.5 * np.delete(cosines, row).max()


@pytest.mark.parametrize("unknown", ["", "?!…", "龘靐", "zqxjkv", "😀"])
def test_what_shares_nothing_is_like_nothing(unknown):
    assert LEXICON.cosines(ngram_counts(unknown)).tolist() == [0] * len(TEXTS)


def test_what_few_texts_hold_counts_more_than_what_all_of_them_hold():
    lexicon = Lexicon.build(["小程序 甲", "小程序 乙", "小程序 丙"])
    cosines = lexicon.cosines(ngram_counts("小程序乙"))

    assert cosines[1] > 1.2 * cosines[0]
    assert cosines[0] == pytest.approx(cosines[2])


def test_the_order_of_words_counts_little_and_that_of_characters_much():
    swapped = LEXICON.cosines(ngram_counts("cost verification does much how"))[2]
    scrambled = LEXICON.cosines(ngram_counts("woh hcum seod noitacifirev tsoc"))[2]

    assert swapped == pytest.approx(1, abs=1e-5)
    assert scrambled < 0.2


def test_the_best_row_counts_for_each_group():
    groups = np.array([0, 0, 1, 2, 2, 4])
    best = LEXICON.best(ngram_counts("what is error 40163"), Groups.of(groups, 6))

    cosines = LEXICON.cosines(ngram_counts("what is error 40163"))
    expected = [cosines[:2].max(), cosines[2], cosines[3:5].max(), 0, cosines[5], 0]
    assert best.tolist() == pytest.approx(expected)


def test_a_stored_lexicon_gives_the_same_cosines(tmp_path):
    np.savez(tmp_path / "arrays.npz", **LEXICON.to_arrays())
    with np.load(tmp_path / "arrays.npz") as arrays:
        restored = Lexicon.from_arrays(arrays)

    assert restored.row_count == len(TEXTS)
    for text in (*TEXTS, "备案40029"):
        assert restored.cosines(ngram_counts(text)).tolist() == LEXICON.cosines(ngram_counts(text)).tolist()


def test_a_lexicon_of_nothing_finds_nothing():
    assert Lexicon.build([]).cosines(ngram_counts("小程序")).tolist() == []


def test_what_nearly_all_of_many_texts_hold_tells_none_of_them_apart():
    lexicon = Lexicon.build([f"小程序 {number}" for number in range(1000, 1300)])

    assert lexicon.cosines(ngram_counts("小程序")).tolist() == [0] * 300
    assert lexicon.cosines(ngram_counts("小程序 1234")).argmax() == 234


def grams(text: str) -> Counter[str]:
    """Of Chinese one to three characters, of other words with their ends two to four."""
    found = Counter()
    for word in re.findall("[\u3400-\u9fff]+|[a-z0-9]+", text):
        is_han = word[0] >= "\u3400"
        framed, sizes = (word, (1, 2, 3)) if is_han else (f" {word} ", (2, 3, 4))
        found.update(framed[at : at + n] for n in sizes for at in range(len(framed) - n + 1))
    return found


def tf_idf(texts: list[str], asked: str) -> list[float]:
    """The cosines as textbooks have them; what a tenth of very many texts hold counts for nothing."""
    seen_in = Counter(gram for text in texts for gram in grams(text))

    def unit(text: str) -> dict[str, float]:
        weights = {
            gram: (1 + math.log(times)) * (math.log((1 + len(texts)) / (1 + seen_in[gram])) + 1)
            for gram, times in grams(text).items()
            if seen_in[gram] <= max(len(texts) / 10, 100)
        }
        size = math.hypot(*weights.values())
        return {gram: weight / size for gram, weight in weights.items()}

    one = unit(asked)
    return [sum(one.get(gram, 0) * weight for gram, weight in unit(text).items()) for text in texts]


@pytest.mark.parametrize("asked", ["备案 备案 要多久 icp", "丘㐀", "error 40029 error", "认证 aab abb"])
@pytest.mark.parametrize(
    ("letters", "exactly"), [("ab", 1e-5), ("abcdefghijklmnop", 5e-3)], ids=["few", "many"]
)
def test_cosines_are_those_of_tf_idf(asked, letters, exactly):
    """Of very many n-grams some share a bucket, which makes them a little less exact."""
    pick = random.Random(1)
    made_up = ["".join(pick.choices(letters, k=9)) for _ in range(400)]
    words = [*(*TEXTS, "丘㐀陵") * 20, *made_up]
    texts = [f"小程序 {' '.join(pick.sample(words, 5))}" for _ in range(300)]

    found = Lexicon.build(texts).cosines(ngram_counts(asked))

    assert found.tolist() == pytest.approx(tf_idf(texts, asked), abs=exactly)
    assert found.max() > 0.01


@pytest.mark.parametrize(("texts", "found"), [(100, True), (101, False)])
def test_what_a_hundred_texts_hold_still_tells_them_apart(texts, found):
    lexicon = Lexicon.build([f"小程序 {number}" for number in range(texts)])

    assert (lexicon.cosines(ngram_counts("小程序")).max().item() > 0) is found


def test_what_nearly_all_texts_hold_makes_a_question_no_less_like_one_of_them():
    texts = [f"小程序 {number}" for number in range(1000, 1300)]
    lexicon = Lexicon.build(texts)

    assert lexicon.cosines(ngram_counts("小程序 1234")).tolist() == pytest.approx(
        lexicon.cosines(ngram_counts("1234")).tolist()
    )
    assert lexicon.cosines(ngram_counts("小程序 1234")).max() == pytest.approx(1, abs=1e-5)


def test_the_first_of_the_chinese_characters_is_one():
    assert Lexicon.build(["丘㐀", "甲乙"]).cosines(ngram_counts("㐀")).tolist() == [
        pytest.approx(0.577, abs=0.01),
        0,
    ]


def test_what_is_counted_in_the_first_of_all_buckets_counts_like_the_rest():
    """The hash of "ebi" is a multiple of their number."""
    texts = ["debit", "rebind", "refund", "unbind"]

    assert Lexicon.build(texts).cosines(ngram_counts("debit")).tolist() == pytest.approx(
        tf_idf(texts, "debit"), abs=1e-5
    )

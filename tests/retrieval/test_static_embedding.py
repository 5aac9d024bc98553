"""The static embedding: what a text's parts say, and what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.lexical import ngram_counts
from bot.retrieval.static_embedding import LENGTH, PartVectors, StaticEmbedding
from bot.retrieval.static_fitting import are_familiar, embed_all, fit_static
from tests.retrieval.fakes import HashEmbedder

TEXTS = (
    *("备案要多久", "备案时间多长", "备案多久办好", "备案办好的时间"),
    *("退款要多久", "退款时间多长", "退款多久到账", "退款到账的时间"),
    *("改名收费吗", "改名的费用", "名称修改收费吗", "名称修改的费用"),
)


def parts(texts):
    return HashEmbedder().pieces(texts), [ngram_counts(text) for text in texts]


FITTED = fit_static(*parts(TEXTS), HashEmbedder().piece_vectors)


def embedded(text: str):
    (pieces,), (counted,) = parts([text])
    return FITTED.embed(pieces, counted)


def cosine(one: str, other: str) -> float:
    first, second = embedded(one), embedded(other)
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def part_vectors(**vectors) -> PartVectors:
    return PartVectors(np.array([1, 2, 5]), np.array(list(vectors.values()), np.float16))


BY_HAND = StaticEmbedding(
    part_vectors(one=[3, 0], two=[0, 4], five=[1, 1]),
    part_vectors(one=[0, 1], two=[1, 0], five=[0, -1]),
)


def test_a_vector_is_the_sum_of_the_known_parts_each_half_of_the_same_length():
    vector = BY_HAND.embed([1, 2], (np.array([2, 1]), np.array([3, 4], np.float32)))

    assert vector.tolist() == pytest.approx(float(LENGTH) * np.array([0.6, 0.8, 0.6, 0.8]))


@pytest.mark.parametrize(
    ("pieces", "ngrams", "is_familiar"),
    [
        ([1] * 9 + [3], [1, 2, 5, 8, 9], True),
        ([1] * 8 + [3, 4], [1, 2, 5], False),
        ([1], [1, 2, 6, 8, 9], False),
        ([6], [1], False),
    ],
)
def test_a_text_with_too_many_parts_that_nobody_knows_has_no_vector(pieces, ngrams, is_familiar):
    counted = np.array(ngrams), np.ones(len(ngrams), np.float32)

    assert (BY_HAND.embed(pieces, counted) is not None) is is_familiar
    assert are_familiar(BY_HAND, [pieces], [counted]).tolist() == [is_familiar]


def test_many_texts_at_once_are_embedded_as_each_by_itself():
    pieces, counted = parts(TEXTS)

    together = embed_all(FITTED, pieces, counted)
    assert together == pytest.approx(np.stack([embedded(text) for text in TEXTS]), abs=2e-3)


def test_texts_with_the_same_rare_words_are_near():
    assert cosine("备案时间", "备案多久") > 0.3 > 0 > cosine("备案时间", "退款多久")
    assert cosine("改名费用", "退款费用") > 0.3 > 0 > cosine("改名费用", "备案时间")


def test_what_occurs_in_every_text_hardly_counts():
    texts = [f"问{text}" for text in TEXTS]
    fitted = fit_static(*parts(texts), HashEmbedder().piece_vectors)

    lengths = np.linalg.norm(fitted.pieces.vectors.astype(np.float32), axis=1)
    assert fitted.pieces.names[lengths.argmin()] == ord("问")


def test_an_ngram_of_one_text_alone_is_not_kept():
    kept = set(FITTED.ngrams.names.tolist())

    assert set(ngram_counts("备案")[0].tolist()) <= kept
    assert not set(ngram_counts("办好的")[0].tolist()) <= kept


def test_the_same_questions_give_the_same_vectors():
    again = fit_static(*parts(TEXTS), HashEmbedder().piece_vectors)

    assert (again.ngrams.vectors == FITTED.ngrams.vectors).all()
    assert (again.pieces.vectors == FITTED.pieces.vectors).all()

"""What was learnt before: of the same it is the same, and of anything else it is learnt anew."""

from __future__ import annotations

import numpy as np
import pytest

from bot.disk_cache import DiskCache
from bot.retrieval import learnt_cache
from bot.retrieval.learnt_cache import LIMITS, LearntCache, cache_file

VECTORS = np.random.default_rng(1).normal(size=(30, 8)).astype(np.float32)
CLASSES = np.arange(30) % 3
TEXTS = ("备案要多久？", "多少钱")


class Learner:
    """Counts how often it really learns."""

    def __init__(self) -> None:
        self.times = 0

    def sums(self) -> learnt_cache.Arrays:
        self.times += 1
        return VECTORS.sum(axis=0), np.array(["甲", "乙"]), np.empty((0, 3))


@pytest.fixture
def learner() -> Learner:
    return Learner()


def test_of_the_same_it_is_learnt_once(tmp_path, learner):
    first = LearntCache(DiskCache(cache_file(tmp_path))).arrays((VECTORS, TEXTS), learner.sums)
    second = LearntCache(DiskCache(cache_file(tmp_path))).arrays((VECTORS, TEXTS), learner.sums)

    assert learner.times == 1
    for one, other, wanted in zip(first, second, Learner().sums(), strict=True):
        assert one.dtype == other.dtype == wanted.dtype
        assert one.tolist() == other.tolist() == wanted.tolist()


def test_another_vector_class_text_or_library_has_it_learnt_anew(tmp_path, learner, monkeypatch):
    kept = LearntCache(DiskCache(cache_file(tmp_path)))
    moved, swapped = VECTORS.copy(), CLASSES[::-1].copy()
    moved[7, 3] += 1e-3
    for of in (
        (VECTORS, CLASSES, TEXTS),
        (moved, CLASSES, TEXTS),
        (VECTORS, swapped, TEXTS),
        (VECTORS, CLASSES, TEXTS[::-1]),
        (VECTORS.reshape(8, 30), CLASSES, TEXTS),
    ):
        kept.arrays(of, learner.sums)
    monkeypatch.setattr(learnt_cache, "version", lambda name: "another")
    kept.arrays((VECTORS, CLASSES, TEXTS), learner.sums)

    assert learner.times == 6


def test_of_the_same_two_ways_of_learning_give_what_each_gives(tmp_path, learner):
    def doubled() -> learnt_cache.Arrays:
        return (VECTORS * 2,)

    kept = LearntCache(DiskCache(cache_file(tmp_path)))

    assert kept.arrays((VECTORS,), learner.sums)[0].shape == (8,)
    assert np.array_equal(kept.arrays((VECTORS,), doubled)[0], VECTORS * 2)


def test_a_file_that_is_damaged_or_of_somebody_else_is_made_again(tmp_path, learner, caplog):
    file = cache_file(tmp_path)
    LearntCache(DiskCache(file)).arrays((VECTORS,), learner.sums)
    file.write_bytes(b"no database" * 4096)
    (total, *_) = LearntCache(DiskCache(file)).arrays((VECTORS,), learner.sums)

    assert learner.times == 2
    assert np.array_equal(total, VECTORS.sum(axis=0))
    assert "is damaged" in caplog.text


def test_what_is_very_large_is_not_kept(tmp_path, learner):
    kept = LearntCache(DiskCache(cache_file(tmp_path), LIMITS))
    for _ in range(2):
        kept.arrays((VECTORS,), learner.sums, size=10**9)

    assert learner.times == 2
    assert not cache_file(tmp_path).exists()

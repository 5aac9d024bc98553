"""A classifier that was fitted before: the same vectors give the same one, others another."""

from __future__ import annotations

import numpy as np
import pytest

from bot.disk_cache import DiskCache
from bot.retrieval import classifier_cache
from bot.retrieval.classifier_cache import cache_file, remembering
from bot.retrieval.classifier_fitting import fit_classifier

VECTORS = np.random.default_rng(1).normal(size=(30, 8)).astype(np.float32)
CLASSES = np.arange(30) % 3


@pytest.fixture
def fitted(monkeypatch) -> list[int]:
    """How many vectors each classifier that is really fitted is fitted to."""
    times: list[int] = []
    monkeypatch.setattr(
        classifier_cache,
        "fit_classifier",
        lambda vectors, *rest: times.append(len(vectors)) or fit_classifier(vectors, *rest),
    )
    return times


def test_to_the_same_vectors_a_classifier_is_fitted_once(tmp_path, fitted):
    first = remembering(DiskCache(cache_file(tmp_path)))(VECTORS, CLASSES, 2)
    second = remembering(DiskCache(cache_file(tmp_path)))(VECTORS, CLASSES, 2)
    without = fit_classifier(VECTORS, CLASSES, 2)

    assert fitted == [30]
    for found in (first, second):
        assert np.array_equal(found.weights, without.weights)
        assert np.array_equal(found.bias, without.bias)


def test_another_vector_class_or_library_has_it_fitted_anew(tmp_path, fitted, monkeypatch):
    fit = remembering(DiskCache(cache_file(tmp_path)))
    moved, swapped = VECTORS.copy(), CLASSES[::-1].copy()
    moved[7, 3] += 1e-3

    beliefs = [fit(VECTORS, CLASSES, 2), fit(moved, CLASSES, 2), fit(VECTORS, swapped, 2)]
    monkeypatch.setattr(classifier_cache, "version", lambda name: "another")
    fit(VECTORS, CLASSES, 2)

    assert fitted == [30, 30, 30, 30]
    assert len({found.weights.tobytes() for found in beliefs}) == 3


def test_an_entry_that_no_phrasing_is_left_of_is_kept_as_unknown(tmp_path):
    fit = remembering(DiskCache(cache_file(tmp_path)))
    fit(VECTORS, np.where(CLASSES == 1, 0, CLASSES), 2)
    kept = fit(VECTORS, np.where(CLASSES == 1, 0, CLASSES), 2)

    assert kept.log_probabilities(VECTORS)[:, 1].max() < -9

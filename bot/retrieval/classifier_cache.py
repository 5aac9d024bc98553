"""Remembers the classifiers of a knowledge base: most builds change answers, which teach them nothing."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.disk_cache import SUFFIX, DiskCache
from bot.retrieval import classifier_fitting
from bot.retrieval.classifier_fitting import Fit, fit_classifier
from bot.retrieval.decision import Classifier
from bot.retrieval.vectors import Vectors

_LIBRARIES = ("scikit-learn", "scipy", "numpy")


def cache_file(cache_dir: Path) -> Path:
    """Where the classifiers are kept."""
    return cache_dir / "knowledge" / f"classifier{SUFFIX}"


def remembering(kept: DiskCache | None) -> Fit:
    """Fits a classifier, unless one was fitted to the same vectors before."""
    if kept is None:
        return fit_classifier

    def fit(vectors: Vectors, classes: NDArray[np.integer[Any]], entry_count: int) -> Classifier:
        key = _key(vectors, classes, entry_count)
        return _read(kept.made(key, lambda: _written(fit_classifier(vectors, classes, entry_count))), vectors)

    return fit


def _key(vectors: Vectors, classes: NDArray[np.integer[Any]], entry_count: int) -> bytes:
    learnt_from = hashlib.blake2b(_learner_digest(), digest_size=16)
    learnt_from.update(repr((vectors.shape, entry_count)).encode())
    learnt_from.update(np.ascontiguousarray(vectors).data)
    learnt_from.update(classes.astype(np.int64).data)
    return learnt_from.digest()


def _written(classifier: Classifier) -> bytes:
    return np.column_stack([classifier.weights, classifier.bias]).tobytes()


def _read(written: bytes, like: Vectors) -> Classifier:
    columns = np.frombuffer(written, np.float32).reshape(-1, like.shape[1] + 1)
    return Classifier(columns[:, :-1].copy(), columns[:, -1].copy())


def _learner_digest() -> bytes:
    """Changes with anything that may fit, or write, another one."""
    sources = [Path(file).read_bytes() for file in (classifier_fitting.__file__, __file__)]
    versions = [version(library).encode() for library in _LIBRARIES]
    return hashlib.sha256(b"\0".join([*sources, *versions])).digest()

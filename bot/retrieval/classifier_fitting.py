"""Fits the classifier: the costly part of a build, and a function of the questions alone.

Imported only while an index is built: scikit-learn stays out of web workers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.decision import Classifier
from bot.retrieval.vectors import Vectors

_INVERSE_REGULARISATION = 10.0

# (n, dimensions) centred vectors, (n,) their classes, and how many there are before the last one, "none".
Fit = Callable[[Vectors, NDArray[np.integer[Any]], int], Classifier]


def fit_classifier(vectors: Vectors, classes: NDArray[np.integer[Any]], entry_count: int) -> Classifier:
    """Multinomial logistic regression; a class without a vector is as unlikely as can be."""
    # Not imported where nothing is classified: it takes longer than the rest of a small build.
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
    with warnings.catch_warnings():
        # Entries with three phrasings each, of which a third is held out, are no mistake.
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model.fit(vectors, classes)
    weights = np.zeros((entry_count + 1, vectors.shape[1]), np.float32)
    # An entry all of whose phrasings were held out is unknown to this model.
    bias = np.full(entry_count + 1, model.intercept_.min() - 10, np.float32)
    # Of two classes scikit-learn keeps one row: that of the second class, the background.
    seen = model.classes_ if len(model.coef_) > 1 else model.classes_[1:]
    bias[model.classes_] = 0
    weights[seen], bias[seen] = model.coef_, model.intercept_
    return Classifier(weights, bias)

"""Early exit: a question whose words alone make its entry sure is answered without running the model.

A classifier like the decision's own, over the static embedding. From ``threshold`` on it erred no more than
the whole decision did on the same held-out questions (``early_exit_training``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.decision import Classifier
from bot.retrieval.lexical import Counted
from bot.retrieval.static_embedding import StaticEmbedding
from bot.retrieval.vectors import Vectors


@dataclass(frozen=True)
class EarlyExit:
    """Thread-safe: nothing in it changes."""

    embedding: StaticEmbedding
    classifier: Classifier
    threshold: float

    def beliefs(self, pieces: Sequence[int], counted: Counted) -> Vectors | None:
        """(entries,) log-probabilities of the entries where one of them is sure enough, else None."""
        vector = self.embedding.embed(pieces, counted)
        if vector is None:
            return None
        beliefs: Vectors = self.classifier.log_probabilities(vector[None])[0, :-1]
        return beliefs if np.exp(beliefs.max()) >= self.threshold else None

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All but the vectors of the embedding, for ``numpy.savez``."""
        return self.embedding.names() | {
            "early_weights": self.classifier.weights,
            "early_bias": self.classifier.bias,
            "early_threshold": np.array(self.threshold),
        }

    @classmethod
    def of(
        cls, arrays: Mapping[str, NDArray[Any]], pieces: NDArray[np.float16], ngrams: NDArray[np.float16]
    ) -> EarlyExit:
        """What ``to_arrays`` gave, with the vectors."""
        embedding = StaticEmbedding.of(arrays, pieces, ngrams)
        classifier = Classifier(arrays["early_weights"], arrays["early_bias"])
        return cls(embedding, classifier, float(arrays["early_threshold"]))

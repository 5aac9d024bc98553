"""Static embedding: a text's vector from vectors of its parts, without running a model.

Two halves of equal weight. Word pieces bring the model's own vectors, averaged so that rare ones count most
(SIF; Arora, Liang and Ma, 2017); character n-grams bring where they stand in a latent semantic analysis of
the questions (Deerwester et al., 1990). One knows what words mean, the other which go together here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.lexical import Counted
from bot.retrieval.vectors import Vectors, unit

# As long as the classifier's penalty on weights wants them; measured in docs/quality.md.
LENGTH = np.float32(3)
# A text is familiar if no smaller share of its parts occurs in the questions.
KNOWN_PIECES = 0.9
KNOWN_NGRAMS = 0.6


@dataclass(frozen=True)
class PartVectors:
    """``names``: (n,) int64, rising; ``vectors``: (n, dimensions) float16, weighted and centred."""

    names: NDArray[np.int64]
    vectors: NDArray[np.float16]

    def summed(self, parts: NDArray[np.int64], times: Vectors, least: float) -> Vectors | None:
        """(dimensions,) the sum over the parts that are known, each times how much it counts; unit length.

        None where less than this share of the parts is known.
        """
        places = self.names.searchsorted(parts)
        known = np.flatnonzero(self.names.take(places, mode="clip") == parts)
        if len(known) < least * len(parts):
            return None
        rows = self.vectors.take(places[known], axis=0).astype(np.float32)
        return unit(times[known] @ rows)


@dataclass(frozen=True)
class StaticEmbedding:
    """Thread-safe: nothing in it changes."""

    pieces: PartVectors
    ngrams: PartVectors

    def embed(self, pieces: Sequence[int], counted: Counted) -> Vectors | None:
        """(dimensions,) the vector of a text, by its word pieces and its n-grams; None if unfamiliar."""
        numbers = np.array(pieces, np.int64)
        meant = self.pieces.summed(numbers, np.ones(len(numbers), np.float32), KNOWN_PIECES)
        written = None if meant is None else self.ngrams.summed(*counted, KNOWN_NGRAMS)
        return None if meant is None or written is None else LENGTH * np.concatenate([meant, written])

    def names(self) -> dict[str, NDArray[Any]]:
        """What the vectors are of, for ``numpy.savez``."""
        return {"static_pieces": self.pieces.names, "static_ngrams": self.ngrams.names}

    @classmethod
    def of(
        cls, arrays: Mapping[str, NDArray[Any]], pieces: NDArray[np.float16], ngrams: NDArray[np.float16]
    ) -> StaticEmbedding:
        """What ``names`` gave, with the vectors."""
        return cls(PartVectors(arrays["static_pieces"], pieces), PartVectors(arrays["static_ngrams"], ngrams))

"""Questions that were held out and asked: what the decision is calibrated by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Vectors


@dataclass(frozen=True)
class Guesses:
    """(n,) each: how probable the likeliest entry seems, and whether it is right."""

    probabilities: Vectors
    is_right: NDArray[np.bool_]

    @classmethod
    def none(cls, count: int) -> Guesses:
        """Of questions whose words alone were not looked at."""
        return cls(np.zeros(count, np.float32), np.zeros(count, bool))

    def where(self, chosen: NDArray[np.bool_]) -> Guesses:
        """Those that are chosen."""
        return Guesses(self.probabilities[chosen], self.is_right[chosen])


@dataclass(frozen=True)
class Asked:
    """Held-out questions: signals (n, signals), whether the best entry was right, and what each stands for.

    ``numbers``: (n,), the same wherever the same question is asked again. ``weights`` balance in scope and
    out; ``out_of_scope_shares`` add up to 1 over the negatives. ``by_words``: what the words alone said.
    """

    numbers: NDArray[np.intp]
    signals: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    is_in_scope: NDArray[np.bool_]
    is_near_miss: NDArray[np.bool_]
    near_share: float
    by_words: Guesses

    @property
    def out_of_scope_shares(self) -> NDArray[np.float64]:
        """(n,): how large a part of all out-of-scope questions each stands for."""
        return self._shares(self.near_share)

    @property
    def out_of_scope_halves(self) -> NDArray[np.float64]:
        """(n,): the same with near misses as one half of them, however few of the customers' are."""
        return self._shares(0.5)

    @property
    def weights(self) -> NDArray[np.float64]:
        """(n,), 1 on average: as much in scope as out of it, near misses as much as the rest."""
        count = len(self.is_in_scope)
        in_scope = self.is_in_scope * (count / 2 / max(int(self.is_in_scope.sum()), 1))
        weights: NDArray[np.float64] = in_scope + self.out_of_scope_halves * (count / 2)
        return weights

    def where(self, chosen: NDArray[np.bool_]) -> Asked:
        """The questions that are chosen."""
        return Asked(
            self.numbers[chosen],
            self.signals[chosen],
            self.is_right[chosen],
            self.is_in_scope[chosen],
            self.is_near_miss[chosen],
            self.near_share,
            self.by_words.where(chosen),
        )

    def _shares(self, near_misses: float) -> NDArray[np.float64]:
        plain = ~self.is_in_scope & ~self.is_near_miss
        near = (near_misses if plain.any() else 1.0) if self.is_near_miss.any() else 0.0
        shares = np.zeros(len(plain))
        shares[plain] = (1 - near) / max(int(plain.sum()), 1)
        shares[self.is_near_miss] = near / max(int(self.is_near_miss.sum()), 1)
        return shares


def joined(parts: Sequence[Asked], near_share: float) -> Asked:
    """The questions of all parts, one part after the other."""
    return Asked(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.is_right for part in parts]),
        np.concatenate([part.is_in_scope for part in parts]),
        np.concatenate([part.is_near_miss for part in parts]),
        near_share,
        Guesses(
            np.concatenate([part.by_words.probabilities for part in parts]),
            np.concatenate([part.by_words.is_right for part in parts]),
        ),
    )

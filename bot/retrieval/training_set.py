"""What the decision is trained on: the texts of a knowledge base and their vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Groups, Vectors

# Beyond this many classes the regression takes minutes and has too few phrasings each to learn from.
MAX_CLASSES = 2_000
MIN_PHRASINGS_PER_ENTRY = 3
# In how many parts the background is held out, and the phrasings are.
FOLDS = 3
# Of few phrasings any one split may mislead: they are split several times.
_ROUNDS = 3
_FEW_PHRASINGS = 1_500
# Share of out-of-scope questions taken to be near misses: like the operator's own, picked to mislead as few
# of what customers ask do, or as hard as those of an entry that was held out, which others of the knowledge
# base may well answer.
_LIKE_THE_OPERATORS = 0.35
LIKE_HELD_OUT_ENTRIES = 0.04


@dataclass(frozen=True)
class Group:
    """Texts with their centred vectors (n, dimensions), each row's entry number (-1: none)."""

    texts: tuple[str, ...]
    vectors: Vectors
    entries: NDArray[np.intp]

    def where(self, chosen: NDArray[np.bool_]) -> Group:
        """The rows that are chosen."""
        texts = tuple(text for text, is_in in zip(self.texts, chosen.tolist(), strict=True) if is_in)
        return Group(texts, self.vectors[chosen], self.entries[chosen])

    def owned(self, entry_count: int) -> Groups:
        """The rows by their entries."""
        return Groups.of(self.entries, entry_count)

    def and_nobodys(self, others: Group) -> Group:
        """These rows, and others whose entries do not count."""
        nobody = np.full(len(others.texts), -1)
        return Group(
            self.texts + others.texts,
            np.vstack([self.vectors, others.vectors]),
            np.append(self.entries, nobody),
        )


@dataclass(frozen=True)
class TrainingSet:
    """The knowledge base as vectors; ``is_near_miss``: (background,), which of it the operator wrote."""

    entry_ids: tuple[str, ...]
    phrasings: Group
    passages: Group
    background: Group
    is_near_miss: NDArray[np.bool_]

    @property
    def entry_count(self) -> int:
        """Of the entries, known ones and those that were held out."""
        return len(self.entry_ids)

    @property
    def folds(self) -> int:
        """How often a part of the questions is held out; all of them after every ``FOLDS``."""
        return FOLDS * (_ROUNDS if len(self.phrasings.texts) <= _FEW_PHRASINGS else 1)

    @property
    def near_share(self) -> float:
        """Share of out-of-scope questions that are taken to be near misses."""
        return _LIKE_THE_OPERATORS if self.is_near_miss.any() else LIKE_HELD_OUT_ENTRIES

    @property
    def is_classifiable(self) -> bool:
        """Whether the entries have enough phrasings for a classifier, and for holding some out."""
        enough = len(self.phrasings.texts) >= MIN_PHRASINGS_PER_ENTRY * self.entry_count
        return enough and self.entry_count <= MAX_CLASSES and len(self.background.texts) >= FOLDS

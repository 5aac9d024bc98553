"""Which questions each fold holds out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.training_set import FOLDS, TrainingSet

# Fewer entries than this cannot do without some of them.
_MIN_ENTRIES_TO_HOLD_OUT = 5


def in_fold(count: int, fold: int) -> NDArray[np.bool_]:
    """A fixed pseudo-random third, so that the same knowledge gives the same index."""
    drawn = np.random.default_rng(fold // FOLDS).integers(0, FOLDS, count)
    is_in: NDArray[np.bool_] = drawn == fold % FOLDS
    return is_in


def absent_entries(data: TrainingSet, fold: int) -> NDArray[np.bool_]:
    """(entries,): those this fold does without, others in each fold; none where near misses exist."""
    absent = np.zeros(data.entry_count, bool)
    if not data.is_near_miss.any() and data.entry_count >= _MIN_ENTRIES_TO_HOLD_OUT:
        shuffled = np.random.default_rng(fold // FOLDS).permutation(data.entry_count)
        absent[shuffled[fold % FOLDS :: FOLDS]] = True
    return absent

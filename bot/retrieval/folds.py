"""Which questions each fold holds out.

Drawn by digests of texts and ids: the same knowledge always gives the same index, and an edit moves nothing
but what it touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.training_set import FOLDS, TrainingSet

# Fewer entries than this cannot do without some of them.
_MIN_ENTRIES_TO_HOLD_OUT = 5
# Chance shares out so many by itself; of fewer, one fold might take all, so that they are dealt in turn.
_LEFT_TO_CHANCE = 20


def in_fold(names: Sequence[str], fold: int) -> NDArray[np.bool_]:
    """(n,): which of these texts or ids a fold takes; ``FOLDS`` in a row take each of them once."""
    is_in: NDArray[np.bool_] = _drawn(names, fold // FOLDS) == fold % FOLDS
    return is_in


def phrasings_in_fold(texts: Sequence[str], entries: NDArray[np.intp], fold: int) -> NDArray[np.bool_]:
    """(n,): the same entry by entry, so that no fold takes all phrasings of an entry that has several."""
    is_in = np.empty(len(texts), bool)
    in_order = np.argsort(entries)
    _, starts = np.unique(entries[in_order], return_index=True)
    for rows in np.split(in_order, starts[1:]):
        is_in[rows] = in_fold([texts[row] for row in rows.tolist()], fold)
    return is_in


def absent_entries(data: TrainingSet, fold: int) -> NDArray[np.bool_]:
    """(entries,): those this fold does without, others in each fold; none where near misses exist."""
    if data.is_near_miss.any() or data.entry_count < _MIN_ENTRIES_TO_HOLD_OUT:
        return np.zeros(data.entry_count, bool)
    return in_fold(data.entry_ids, fold)


def _drawn(names: Sequence[str], round_: int) -> NDArray[np.uint64]:
    """(n,): the fold of each within a round; a text that is there twice is in one fold."""
    digests = b"".join(blake2b(f"{round_} {name}".encode(), digest_size=8).digest() for name in names)
    drawn: NDArray[np.uint64] = np.frombuffer(digests, "<u8")
    if len(drawn) < _LEFT_TO_CHANCE:
        lowest_first, places = np.unique(drawn, return_inverse=True)
        drawn = lowest_first[:1] % FOLDS + places.astype(np.uint64)
    return drawn % FOLDS

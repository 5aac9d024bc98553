"""Likeness of words: tf-idf cosine over character n-grams, which sees names and numbers that vectors blur.

N-grams are hashed into a fixed number of buckets, so that no vocabulary has to be kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.vectors import Groups, Vectors

BUCKETS = 1 << 18
# Latin words by their parts, so that endings and typos cost little; Chinese by characters and pairs.
_WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]+")
_LATIN_SIZES = (2, 3, 4)
_HAN_SIZES = (1, 2, 3)
_FIRST_HAN = "\u3400"
# N-grams of a larger share of the texts tell least of them apart and cost most: they are left out.
_EVERYWHERE = 0.1
_FEW_ROWS = 100


# The buckets of a text's n-grams, and how much each counts.
Counted = tuple[NDArray[np.int64], Vectors]


def ngram_counts(text: str) -> Counted:
    """The buckets of a text's n-grams, and how much each counts: 1 + ln(times it occurs)."""
    times: dict[int, int] = {}
    for word in _WORD.findall(text):
        is_han = word[0] >= _FIRST_HAN
        framed = word if is_han else f" {word} "
        for size in _HAN_SIZES if is_han else _LATIN_SIZES:
            for start in range(len(framed) - size + 1):
                bucket = crc32(framed[start : start + size].encode()) % BUCKETS
                times[bucket] = times.get(bucket, 0) + 1
    return np.array([*times], np.int64), 1 + np.log(np.array([*times.values()], np.float32))


# That, or one that remembers.
Counts = Callable[[str], Counted]


@dataclass(frozen=True)
class Lexicon:
    """For each bucket the rows (texts) that hold its n-grams, with their weights in unit-length rows.

    ``starts``: (BUCKETS + 1,) int32; ``postings``: bucket after bucket, a row's number (int32) and its weight
    (float32) in the 64 bits of each, so that what is needed together is read together; ``rarity``:
    (BUCKETS,) float32, the inverse document frequency.
    """

    starts: NDArray[np.int32]
    postings: NDArray[np.int64]
    rarity: Vectors
    row_count: int

    @classmethod
    def build(cls, texts: Sequence[str], counts: Counts = ngram_counts) -> Lexicon:
        """A lexicon whose rows are the texts, in their order."""
        counted = [counts(text) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(buckets) for buckets, _ in counted])
        buckets = np.concatenate([np.empty(0, np.int64), *(buckets for buckets, _ in counted)])
        seen_in = np.bincount(buckets, minlength=BUCKETS)
        rarity = (np.log((1 + len(texts)) / (1 + seen_in)) + 1).astype(np.float32)
        is_everywhere = seen_in > max(_EVERYWHERE * len(texts), _FEW_ROWS)
        rarity[is_everywhere] = 0
        weights = np.concatenate([np.empty(0, np.float32), *(_unit(n * rarity[b]) for b, n in counted)])
        kept = np.flatnonzero(~is_everywhere[buckets])
        order = kept[np.argsort(buckets[kept], kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.where(is_everywhere, 0, seen_in))]).astype(np.int32)
        return cls(starts, _paired(rows[order], weights[order]), rarity, len(texts))

    def cosines(self, counted: Counted) -> Vectors:
        """(row_count,) cosines of one text to every row, 0 to 1; of the text its ``ngram_counts``."""
        buckets, times = counted
        asked = _unit(times * self.rarity[buckets])
        starts = self.starts[buckets]
        sizes = self.starts[buckets + 1] - starts
        found = self.postings[_places(starts, sizes)]
        weights = found.view(np.float32)[1::2] * np.repeat(asked, sizes)
        return np.bincount(found.view(np.int32)[0::2], weights, self.row_count).astype(np.float32)

    def best(self, counted: Counted, groups: Groups) -> Vectors:
        """(groups,) highest cosine to the rows of each group; 0 for a group without rows."""
        return groups.best(self.cosines(counted), nothing=0.0)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The lexicon, for ``numpy.savez``."""
        return {
            "lexicon_starts": self.starts,
            "lexicon_postings": self.postings,
            "lexicon_rarity": self.rarity,
            "lexicon_row_count": np.array(self.row_count),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Lexicon:
        """What ``to_arrays`` gave."""
        starts, postings, rarity = (arrays[f"lexicon_{name}"] for name in ("starts", "postings", "rarity"))
        return cls(starts, postings, rarity, int(arrays["lexicon_row_count"]))


def _paired(rows: NDArray[np.intp], weights: Vectors) -> NDArray[np.int64]:
    pairs = np.empty((len(rows), 2), np.int32)
    pairs[:, 0], pairs[:, 1] = rows, weights.astype(np.float32).view(np.int32)
    return pairs.reshape(-1).view(np.int64)


def _places(starts: NDArray[np.int32], sizes: NDArray[np.int32]) -> NDArray[np.intp]:
    """All numbers of some spans, one span after another."""
    ends = sizes.cumsum()
    places = np.repeat(starts - ends + sizes, sizes)
    places += np.arange(len(places))
    return places


def _unit(weights: Vectors) -> Vectors:
    scaled: Vectors = weights / max(math.sqrt(weights @ weights), 1e-9)
    return scaled

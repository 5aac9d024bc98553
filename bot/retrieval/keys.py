"""Numbers by keys: a sorted table of digests in place of a dictionary that a load would have to fill."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.lines import MAPPED_FROM


class Keys:
    """Gives the number that belongs to a key. Thread-safe: nothing in it changes.

    ``table``: (3, keys) uint64: both halves of each key's digest, in rising order, and its number. Two keys
    with the same 128 bits will not be met, so the keys themselves are not kept.
    """

    def __init__(self, table: NDArray[np.uint64]) -> None:
        if table.dtype != np.uint64 or table.shape[:-1] != (3,):
            raise ValueError(f"not a table of keys: {table.dtype} {table.shape}")
        self.table = table
        # Looked through by bisect one value at a time, for which an array's own indexing is slow.
        self._high: memoryview[int] = memoryview(table[0])
        self._low: memoryview[int] = memoryview(table[1])
        self._numbers: memoryview[int] = memoryview(table[2])

    @classmethod
    def of(cls, numbers: Iterable[tuple[str, int]]) -> Keys:
        """A table of keys with their numbers, none negative; of two numbers of one key the first counts."""
        pairs = list(numbers)
        digests = np.frombuffer(b"".join(_digest(key) for key, _ in pairs), ">u8")
        high, low = digests.astype(np.uint64).reshape(-1, 2).T
        order = np.lexsort((low, high))  # stable: of equal digests the first stays first
        table = np.stack([high, low, np.array([number for _, number in pairs], np.uint64)])[:, order]
        is_first = np.append(True, (np.diff(table[:2]) != 0).any(axis=0))[: len(pairs)]
        return cls(np.ascontiguousarray(table[:, is_first]))

    @classmethod
    def load(cls, path: Path) -> Keys:
        """What ``save`` wrote; raises OSError or ValueError."""
        is_large = path.stat().st_size >= MAPPED_FROM
        return cls(np.load(path, mmap_mode="r" if is_large else None, allow_pickle=False))

    def save(self, path: Path) -> None:
        """Write the table into one file of NumPy's own format."""
        np.save(path, self.table)

    def get(self, key: str) -> int | None:
        """The key's number, None if it has none."""
        digest = _digest(key)
        high, low = int.from_bytes(digest[:8]), int.from_bytes(digest[8:])
        row = bisect_left(self._high, high)
        while row < len(self) and self._high[row] == high:
            if self._low[row] == low:
                return self._numbers[row]
            row += 1
        return None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __len__(self) -> int:
        return len(self._high)


def _digest(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()

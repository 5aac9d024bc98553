"""The FAISS indexes over all vectors, and whose vector each row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.retrieval.coding import Coding
from bot.retrieval.lines import MAPPED_FROM
from bot.retrieval.searchable import Searchable, SearchFacts, make_searchable
from bot.retrieval.sweep import Owned, Sweep
from bot.retrieval.vectors import Vectors

# Rows fetched per query and kind: wide enough that all entries in question are among them.
TOP_ROWS = 256
# Up to so many entries each one is scored, found or not: a classifier has an opinion of all of them.
SCORED_WHOLE = 2_000


class RowKind(IntEnum):
    """What a row is a vector of."""

    PHRASING = 0
    PASSAGE = 1
    BACKGROUND = 2

    @property
    def file(self) -> str:
        """The file of this kind's rows in a version folder."""
        return f"{self.name.lower()}.faiss"


@dataclass(frozen=True)
class Rows:
    """For each row its kind and the number of its entry (-1 for the background)."""

    kinds: NDArray[np.int8]
    entries: NDArray[np.int32]


@dataclass(frozen=True)
class Cosines:
    """Of one query: to the best phrasing and passage of some entries (1, n), and to the background (1,).

    ``entries``: (n,) the numbers of those entries, rising: all of them, or those that were found.
    """

    entries: NDArray[np.int32]
    phrasings: Vectors
    passages: Vectors
    background: Vectors


@dataclass(frozen=True)
class _Found:
    """The nearest rows of one kind, best first: cosines and numbers of their entries."""

    cosines: Vectors
    entries: NDArray[np.int32]

    def best_of(self, count: int, places: NDArray[np.integer[Any]]) -> Vectors:
        """(1, count) cosines of entries; one that was not found counts as the last row that was.

        ``places``: (rows found,) where each row's entry stands among them.
        """
        best = np.empty((1, count), np.float32)
        best.fill(self.cosines[-1] if len(self.cosines) else -1.0)
        # Of several rows of one entry the last assigned stays: the nearest.
        best[0, places[::-1]] = self.cosines[::-1]
        return best


class PassageIndex:
    """Inner-product search over phrasings, passages and background, each in an index of its own:
    of one language there may be so much of one kind that nothing of another would be among the nearest.

    Searching is thread-safe; the indexes are never changed after they are made.
    """

    def __init__(
        self,
        parts: Mapping[RowKind, Searchable],
        rows: Rows,
        entry_count: int,
        facts: Mapping[RowKind, SearchFacts],
    ) -> None:
        self._parts = parts
        self._codings = {part.coding for part in parts.values()}
        self._rows = rows
        self._entries = {kind: rows.entries[rows.kinds == kind] for kind in RowKind}
        self._every_entry = np.arange(entry_count, dtype=np.int32) if entry_count <= SCORED_WHOLE else None
        self._facts = facts
        self._sweep = self._made_sweep(entry_count)

    def _made_sweep(self, entry_count: int) -> Sweep | None:
        parts = [self._parts[kind] for kind in RowKind]
        if self._every_entry is None or not Sweep.is_of_use(parts):
            return None
        counts = (entry_count, entry_count, 1)
        owners = [self._entries[kind] for kind in RowKind]
        owners[RowKind.BACKGROUND] = np.zeros_like(owners[RowKind.BACKGROUND])
        return Sweep([Owned(*of_kind) for of_kind in zip(parts, owners, counts, strict=True)])

    @classmethod
    def build(cls, vectors: Mapping[RowKind, Vectors], rows: Rows, entry_count: int) -> PassageIndex:
        """``vectors``: (n, dimensions) float32 unit vectors of each kind, in the order of ``rows``."""
        eight_bits = Coding.fitting(vectors.values())
        made = {kind: make_searchable(vectors[kind], eight_bits) for kind in RowKind}
        parts = {kind: searchable for kind, (searchable, _) in made.items()}
        return cls(parts, rows, entry_count, {kind: facts for kind, (_, facts) in made.items()})

    def search(self, query: Vectors) -> Cosines:
        """Cosines of one query vector (dimensions,) to entries; -1 where one has no rows of a kind.

        Where not all rows are compared, or only some entries scored, one that is not found among the
        nearest rows of a kind counts as the last of them.
        """
        if self._sweep is not None and self._every_entry is not None:
            phrasings, passages, background = self._sweep.best(query)
            return Cosines(self._every_entry, phrasings[None], passages[None], background)
        return self._nearest_entries(query)

    def _nearest_entries(self, query: Vectors) -> Cosines:
        coded = {coding: coding.coded(query[None]) for coding in self._codings}
        phrasings = self._nearest(RowKind.PHRASING, coded, TOP_ROWS)
        passages = self._nearest(RowKind.PASSAGE, coded, TOP_ROWS)
        background = self._nearest(RowKind.BACKGROUND, coded, 1).cosines
        nearest = background if len(background) else np.array([-1], np.float32)
        entries, places = self._scored(np.append(phrasings.entries, passages.entries))
        return Cosines(
            entries,
            phrasings.best_of(len(entries), places[: len(phrasings.entries)]),
            passages.best_of(len(entries), places[len(phrasings.entries) :]),
            nearest,
        )

    def phrasings(self, most: int) -> tuple[Vectors, NDArray[np.int32]]:
        """(n, dimensions) vectors of the first phrasings, ``most`` at most, and (n,) their entries."""
        entries = self._entries[RowKind.PHRASING][:most]
        return self._parts[RowKind.PHRASING].first(len(entries)), entries

    def _scored(self, found: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.integer[Any]]]:
        """The entries to score, and where among them each of those that were found stands."""
        if self._every_entry is not None:
            return self._every_entry, found
        return np.unique(found, return_inverse=True)

    def _nearest(self, kind: RowKind, coded: Mapping[Coding, Vectors], count: int) -> _Found:
        part = self._parts[kind]
        cosines, numbers = part.nearest(coded[part.coding], count)
        return _Found(cosines, self._entries[kind][numbers])

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """How each kind's rows are searched, for the manifest; empty for an index that was loaded."""
        return {kind.name.lower(): asdict(facts) for kind, facts in self._facts.items()}

    def save(self, folder: Path) -> None:
        """Write FAISS's own format into a version folder, a file a kind; raises OSError."""
        for kind, part in self._parts.items():
            try:
                faiss.write_index(part.index, str(folder / kind.file))
            except RuntimeError as error:  # FAISS's only word for a full disk
                raise OSError(f"{folder / kind.file}: {error}") from error

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What ``load`` needs beside the files, for ``numpy.savez``."""
        return {
            "row_kinds": self._rows.kinds,
            "row_entries": self._rows.entries,
            "vector_steps": np.array([part.coding.steps for part in self._parts.values()]),
        }

    @classmethod
    def load(cls, folder: Path, arrays: Mapping[str, NDArray[Any]], entry_count: int) -> PassageIndex:
        """What ``save`` wrote; processes that serve the same large version share its memory."""
        parts = {
            kind: Searchable(_read(folder / kind.file), Coding(float(steps)))
            for kind, steps in zip(RowKind, arrays["vector_steps"], strict=True)
        }
        return cls(parts, Rows(arrays["row_kinds"], arrays["row_entries"]), entry_count, {})


def _read(file: Path) -> faiss.Index:
    """A large file is mapped, a small one read: see ``MAPPED_FROM``."""
    is_large = file.stat().st_size >= MAPPED_FROM
    return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC if is_large else 0)

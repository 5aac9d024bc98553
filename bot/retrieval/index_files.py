"""The files of a version beside its vectors, made so that loading them is no work: what a question needs
is looked up where it lies, and a file that the version before had as well is not read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from bot.domain import Entry, Source, Vocabulary
from bot.retrieval.early_exit import EarlyExit
from bot.retrieval.keys import Keys
from bot.retrieval.lines import Lines, write_lines
from bot.retrieval.static_embedding import StaticEmbedding
from bot.retrieval.stored_entries import StoredEntries, read_entries, write_entries
from bot.retrieval.stored_vocabulary import VOCABULARY_FILE, read_vocabulary

SOURCES_FILE = "sources.json"
IDS_FILE = "entry_ids.txt"
EXACT_FILE = "exact.npy"
ARRAYS_FILE = "arrays.npz"
PIECES_FILE = "static_pieces.npy"
NGRAMS_FILE = "static_ngrams.npy"

Part = TypeVar("Part")


@dataclass(frozen=True)
class Texts:
    """What a build puts into a version as it was written: entries, their ids in the order of the scores,
    exact keys with the ids they belong to, sources.
    """

    entries: tuple[Entry, ...]
    entry_ids: tuple[str, ...]
    exact: Mapping[str, str]
    sources: Mapping[str, Source]


@dataclass(frozen=True)
class StoredContents:
    """The texts as a version keeps them, and what was learnt from them."""

    entries: StoredEntries
    entry_ids: Sequence[str]
    exact: ExactKeys
    sources: Mapping[str, Source]
    arrays: Mapping[str, NDArray[Any]]
    vocabulary: Vocabulary
    early_exit: EarlyExit | None


@dataclass(frozen=True)
class ExactKeys:
    """Which entry a phrasing belongs to, by its key."""

    keys: Keys
    entry_ids: Sequence[str]

    def get(self, key: str) -> str | None:
        """The entry's id; None when no phrasing has this key."""
        number = self.keys.get(key)
        return None if number is None else self.entry_ids[number]


class Parts:
    """Parts of the versions in use, by the checksums of their files: equal files are in memory once.

    What no version uses any more is forgotten.
    """

    def __init__(self) -> None:
        self._parts: WeakValueDictionary[tuple[str, object], Any] = WeakValueDictionary()
        self._lock = Lock()

    def reader(self, checksums: Mapping[str, str]) -> Callable[[Path, Callable[[Path], Part]], Part]:
        """Reads files of a version that was verified, unless an equal one is in use.

        Raises ValueError for a file that nobody vouches for.
        """

        def read(path: Path, parse: Callable[[Path], Part]) -> Part:
            if path.name not in checksums:
                raise ValueError(f"{path.name} is not among its files")
            key = (checksums[path.name], parse)
            with self._lock:
                part: Part | None = self._parts.get(key)
                if part is None:
                    part = self._parts[key] = parse(path)
                return part

        return read


class _Arrays(dict[str, NDArray[Any]]):
    """A dictionary that ``Parts`` can hold weakly."""


class _Sources(dict[str, Source]):
    """The same for sources."""


def write_texts(folder: Path, texts: Texts) -> None:
    """Write their files into a version folder."""
    write_entries(folder, texts.entries)
    write_lines(folder / IDS_FILE, texts.entry_ids)
    numbers = {entry_id: number for number, entry_id in enumerate(texts.entry_ids)}
    exact = Keys.of((key, numbers[entry_id]) for key, entry_id in texts.exact.items())
    exact.save(folder / EXACT_FILE)
    sources = json.dumps([asdict(source) for source in texts.sources.values()], ensure_ascii=False)
    (folder / SOURCES_FILE).write_text(sources, "utf-8")


def write_learnt(folder: Path, arrays: Mapping[str, NDArray[Any]], vocabulary: bytes) -> None:
    """Write the rest but for the vectors; ``vocabulary`` as ``write_vocabulary`` writes it."""
    (folder / VOCABULARY_FILE).write_bytes(vocabulary)
    np.savez(folder / ARRAYS_FILE, allow_pickle=False, **arrays)


def write_static(folder: Path, embedding: StaticEmbedding) -> None:
    """Write the vectors of a static embedding; what they are of is among the arrays."""
    np.save(folder / PIECES_FILE, embedding.pieces.vectors, allow_pickle=False)
    np.save(folder / NGRAMS_FILE, embedding.ngrams.vectors, allow_pickle=False)


def _read_anew(path: Path, parse: Callable[[Path], Part]) -> Part:
    return parse(path)


def read_contents(
    folder: Path, read: Callable[[Path, Callable[[Path], Any]], Any] = _read_anew
) -> StoredContents:
    """What was written; ``read`` reads a file with the function it is given."""
    entry_ids = read(folder / IDS_FILE, Lines)
    arrays = read(folder / ARRAYS_FILE, _arrays)
    return StoredContents(
        read_entries(folder, read),
        entry_ids,
        ExactKeys(read(folder / EXACT_FILE, Keys.load), entry_ids),
        read(folder / SOURCES_FILE, _sources),
        arrays,
        read(folder / VOCABULARY_FILE, read_vocabulary),
        _early_exit(folder, arrays, read) if "early_threshold" in arrays else None,
    )


def _early_exit(
    folder: Path,
    arrays: Mapping[str, NDArray[Any]],
    read: Callable[[Path, Callable[[Path], Any]], Any],
) -> EarlyExit:
    return EarlyExit.of(arrays, *(read(folder / name, _mapped) for name in (PIECES_FILE, NGRAMS_FILE)))


def _mapped(path: Path) -> NDArray[np.float16]:
    """A question needs few of the rows, and all processes the same."""
    # As NumPy's own class of mapped arrays each row taken would cost more.
    vectors: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return vectors


def _sources(path: Path) -> _Sources:
    sources = [Source(**fields) for fields in json.loads(path.read_text("utf-8"))]
    return _Sources({source.id: source for source in sources})


def _arrays(path: Path) -> _Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        return _Arrays({name: arrays[name] for name in arrays.files})

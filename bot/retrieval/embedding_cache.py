"""Keeps embeddings on disk: a text is embedded once a model, whichever command needs it again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.disk_cache import SUFFIX, DiskCache
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval.vectors import Vectors
from bot.sentences import Sentence

# A command that is killed loses at most so many.
_KEPT_AT_ONCE = 1_024


def cache_file(cache_dir: Path, checksum: str) -> Path:
    """Where the embeddings of the model with this checksum are kept."""
    return cache_dir / "embeddings" / f"{checksum[:16]}{SUFFIX}"


class CachedEmbedder:
    """An embedder that asks another one only for what a cache does not hold.

    A cache belongs to one model: its file is that of ``cache_file``. Thread-safe.
    """

    def __init__(self, embedder: Embedder, kept: DiskCache) -> None:
        self._embedder = embedder
        self._kept = kept
        self.model, self.checksum, self.dimensions = embedder.model, embedder.checksum, embedder.dimensions

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Unit vectors of questions: shape (len(texts), dimensions), float32."""
        return self._embed("query", self._embedder.embed_queries, texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Unit vectors of texts that are to be found: shape (len(texts), dimensions), float32."""
        return self._embed("passage", self._embedder.embed_passages, texts, progress)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The other one's."""
        return self._embedder.pieces(texts)

    def piece_vectors(self, pieces: Sequence[int]) -> Vectors:
        """The other one's: it reads them out of a table."""
        return self._embedder.piece_vectors(pieces)

    def _embed(
        self, kind: str, embed: Callable[..., Vectors], texts: Sequence[str], progress: Progress
    ) -> Vectors:
        keys = [_key(kind, text) for text in texts]
        found = dict(self._kept.read(list(dict.fromkeys(keys))))
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        known = [place for place, key in enumerate(keys) if key in found]
        if known:
            kept = np.frombuffer(b"".join([found[keys[place]] for place in known]), np.float32)
            vectors[known] = kept.reshape(len(known), -1)
        missing = [place for place, key in enumerate(keys) if key not in found]
        told = _Told(progress, known=len(texts) - len(missing), total=len(missing))
        for start in range(0, len(missing), _KEPT_AT_ONCE):
            batch = missing[start : start + _KEPT_AT_ONCE]
            vectors[batch] = embed([texts[place] for place in batch], told)
            self._kept.keep((keys[place], vectors[place].tobytes()) for place in batch)
            told.go_on(len(batch))
        return vectors


class _Told:
    """Progress over several calls of an embedder, of what is really embedded."""

    def __init__(self, progress: Progress, *, known: int, total: int) -> None:
        self._progress = progress
        cached = Sentence("embedding (%(known)s from the cache)", known=f"{known:,}")
        self._what = cached if known else "embedding"
        self._done, self._total = 0, total
        if known and not total:
            progress(self._what, 1, 1)

    def __call__(self, _what: str, done: int, _total: int) -> None:
        self._progress(self._what, self._done + done, self._total)

    def go_on(self, done: int) -> None:
        """A call has come to its end."""
        self._done += done


def _key(kind: str, text: str) -> bytes:
    return hashlib.blake2b(f"{kind}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

"""The embedder that serves: a prepared graph on onnxruntime, its tokeniser, and nothing of torch."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore, Lock

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.ports import Progress, no_progress
from bot.retrieval.mapped_graph import shared_session
from bot.retrieval.prepared_model import PreparedModel
from bot.retrieval.tokenisation import Tokenise, shared_tokeniser
from bot.retrieval.vectors import unit

_TOLD_EVERY = 32


@dataclass(frozen=True)
class _Loaded:
    tokenise: Tokenise
    session: onnxruntime.InferenceSession


class OnnxEmbedder:
    """Embeds with a prepared model, each text by itself: in a batch, an int8 model's vector of a text would
    depend on the texts beside it, and a phrasing would not be embedded as the same question is.

    Thread-safe: session and tokeniser are. ``threads``: how many texts at once; 0 = one per core. The model
    is loaded by ``load``, at the latest with the first text: who has all vectors in a cache needs none.
    """

    def __init__(self, model: PreparedModel, *, threads: int = 1) -> None:
        self._model = model
        self._manifest = model.manifest
        self._threads = threads or os.cpu_count() or 1
        # Who comes first is served first: sharing a core, all would be as late as the last.
        self._turn = BoundedSemaphore(self._threads)
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    def load(self) -> _Loaded:
        """Load tokeniser and graph, once."""
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(shared_tokeniser(self._model), shared_session(self._model))
            return self._loaded

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._manifest.dimensions

    @property
    def model(self) -> str:
        """Name of the model, and of its tuned form."""
        return self._manifest.title

    @property
    def checksum(self) -> str:
        """Identifies the vectors this embedder makes."""
        return self._manifest.checksum

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Unit vectors of questions: shape (len(texts), dimensions), float32."""
        return self._embed(self._manifest.prompts["query"], texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Unit vectors of texts that are to be found: shape (len(texts), dimensions), float32."""
        return self._embed(self._manifest.prompts["passage"], texts, progress)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's word pieces."""
        tokenise = (self._loaded or self.load()).tokenise
        return [tokenise(text) for text in texts]

    def piece_vectors(self, pieces: Sequence[int]) -> NDArray[np.float32]:
        """Shape (len(pieces), dimensions), float32: rows of the graph's table of word embeddings."""
        module = importlib.import_module("bot.retrieval.word_embeddings")
        vectors: NDArray[np.float32] = module.word_embeddings(self._model.graph, pieces)
        return vectors

    def _embed(self, prompt: str, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        if len(texts) == 1:
            vectors = self._run(prompt + texts[0])
            progress("embedding", 1, 1)
            return vectors
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for place, vector in enumerate(self._each([prompt + text for text in texts])):
            vectors[place] = vector
            if (place + 1) % _TOLD_EVERY == 0 or place + 1 == len(texts):
                progress("embedding", place + 1, len(texts))
        return vectors

    def _each(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        if min(self._threads, len(texts)) < 2:
            yield from map(self._run, texts)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._run, texts)

    def _run(self, text: str) -> NDArray[np.float32]:
        """(1, dimensions), of unit length."""
        model = self._loaded or self.load()
        input_ids = np.array([model.tokenise(text)], np.int64)
        feed = {"input_ids": input_ids, "attention_mask": _ones(input_ids.size)}
        with self._turn:
            (vectors,) = model.session.run(None, feed)
        return unit(vectors)


@cache
def _ones(count: int) -> NDArray[np.int64]:
    """(1, count); a model has no more lengths than it has positions."""
    return np.ones((1, count), np.int64)

"""The embedder that serves: a prepared graph on onnxruntime, its tokeniser, and nothing of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.ports import Progress, no_progress
from bot.retrieval.prepared_model import PreparedModel
from bot.retrieval.tokenisation import load_tokeniser

# Texts of one batch are padded to the longest; sorted by length, 32 keep both cores busy.
_BATCH = 32


class OnnxEmbedder:
    """Embeds with a prepared model. Thread-safe: session and tokeniser are."""

    def __init__(self, model: PreparedModel, *, threads: int = 1) -> None:
        self._manifest = model.manifest
        self._tokenise = load_tokeniser(model.folder, model.manifest.max_tokens)
        self._session = _session(str(model.graph), threads)

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

    def _embed(self, prompt: str, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        ids = [self._tokenise(prompt + text) for text in texts]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._run([ids[i] for i in batch])
            progress("embedding", min(start + _BATCH, len(order)), len(order))
        return vectors

    def _run(self, ids: list[list[int]]) -> NDArray[np.float32]:
        width = max(map(len, ids))
        shape = (len(ids), width)
        input_ids = np.full(shape, self._manifest.pad_id, np.int64)
        attention_mask = np.zeros(shape, np.int64)
        for row, tokens in enumerate(ids):
            input_ids[row, : len(tokens)] = tokens
            attention_mask[row, : len(tokens)] = 1
        feed = {"input_ids": input_ids, "attention_mask": attention_mask}
        (vectors,) = self._session.run(None, feed)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def _session(path: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait in a loop for their next piece of work take the machine from the web workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

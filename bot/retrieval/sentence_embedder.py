"""The embedder that runs sentence-transformers itself: any model, at the price of torch in each worker."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.ports import Progress, no_progress
from bot.retrieval.checkpoint import load_checkpoint
from bot.retrieval.prepared_model import prompts_by_role

_BATCH = 32
# transformers adds a pooler to every BERT, at random where a checkpoint has none; no vector passes it.
_UNUSED = ".pooler."


class SentenceTransformerEmbedder:
    """Embeds with the original model. Thread-safe: encoding changes nothing in it."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._checkpoint = load_checkpoint(model)
        self._prompts = prompts_by_role(self._checkpoint.prompts)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._checkpoint.get_embedding_dimension() or 0

    @property
    def checksum(self) -> str:
        """Identifies the vectors this embedder makes: SHA-256 of the parameters, hexadecimal."""
        state = hashlib.sha256()
        for name, tensor in sorted(self._checkpoint.state_dict().items()):
            if _UNUSED in name:
                continue
            state.update(name.encode())
            state.update(tensor.detach().cpu().numpy().tobytes())
        return state.hexdigest()

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Unit vectors of questions: shape (len(texts), dimensions), float32."""
        return self._embed(self._prompts["query"], texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Unit vectors of texts that are to be found: shape (len(texts), dimensions), float32."""
        return self._embed(self._prompts["passage"], texts, progress)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's word pieces."""
        tokenizer: Any = self._checkpoint.tokenizer
        return [tokenizer(text)["input_ids"] for text in texts]

    def piece_vectors(self, pieces: Sequence[int]) -> NDArray[np.float32]:
        """Shape (len(pieces), dimensions), float32: rows of the table of word embeddings."""
        transformer: Any = self._checkpoint[0]
        table = transformer.auto_model.get_input_embeddings().weight
        vectors: NDArray[np.float32] = table[list(pieces)].detach().cpu().numpy()
        return vectors

    def _embed(self, prompt: str, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            vectors[start : start + len(batch)] = self._checkpoint.encode(
                batch,
                prompt=prompt,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            progress("embedding", start + len(batch), len(texts))
        return vectors

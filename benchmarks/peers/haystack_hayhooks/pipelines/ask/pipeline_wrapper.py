"""The pipeline that hayhooks deploys as ``/ask/run``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hayhooks import BasePipelineWrapper
from haystack import Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

FOLDER = Path(os.environ["BENCH_FOLDER"])


class PipelineWrapper(BasePipelineWrapper):
    """Embed the question, take the nearest phrasing."""

    def setup(self) -> None:
        """Load store and model."""
        store = InMemoryDocumentStore.load_from_disk(str(FOLDER / "haystack.json"))
        embedder = SentenceTransformersTextEmbedder(
            model=str(FOLDER / "model"), prefix="query: ", normalize_embeddings=True, progress_bar=False
        )
        self.pipeline = Pipeline()
        self.pipeline.add_component("embedder", embedder)
        self.pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=1))
        self.pipeline.connect("embedder.embedding", "retriever.query_embedding")
        self.pipeline.warm_up()

    def run_api(self, question: str) -> dict[str, Any]:
        """The answer of the nearest phrasing."""
        found = self.pipeline.run({"embedder": {"text": question}})["retriever"]["documents"]
        return {"entry": found[0].meta["entry"], "answer": found[0].meta["answer"], "score": found[0].score}

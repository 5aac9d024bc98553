"""Embed all phrasings into an in-memory document store and save it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from haystack import Document
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
)

FOLDER = Path(os.environ["BENCH_FOLDER"])


def main() -> None:
    """Write ``haystack.json``."""
    rows = [json.loads(line) for line in (FOLDER / "knowledge.jsonl").open(encoding="utf-8")]
    documents = [
        Document(content=row["phrasing"], meta={"entry": row["entry"], "answer": row["answer"]})
        for row in rows
    ]
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(FOLDER / "model"), prefix="query: ", normalize_embeddings=True, batch_size=64
    )
    embedder.warm_up()
    store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
    # Two entries may share a phrasing, and then its document.
    unique = {document.id: document for document in documents}
    store.write_documents(embedder.run(list(unique.values()))["documents"])
    store.save_to_disk(str(FOLDER / "haystack.json"))


if __name__ == "__main__":
    main()

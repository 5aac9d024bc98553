"""Embed all phrasings and keep them in a FAISS index."""

from __future__ import annotations

import json
import os
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer

FOLDER = Path(os.environ["BENCH_FOLDER"])


def main() -> None:
    """Write ``plain.faiss``."""
    rows = [json.loads(line) for line in (FOLDER / "knowledge.jsonl").open(encoding="utf-8")]
    model = SentenceTransformer(str(FOLDER / "model"), device="cpu")
    phrasings = [row["phrasing"] for row in rows]
    vectors = model.encode(phrasings, prompt_name="query", normalize_embeddings=True, batch_size=64)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(FOLDER / "plain.faiss"))


if __name__ == "__main__":
    main()

"""The server: everything is loaded when the module is, as tutorials do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import faiss
from flask import Flask, jsonify, request
from sentence_transformers import SentenceTransformer

FOLDER = Path(os.environ["BENCH_FOLDER"])
app = Flask(__name__)
model = SentenceTransformer(str(FOLDER / "model"), device="cpu")
index = faiss.read_index(str(FOLDER / "plain.faiss"))
rows = [json.loads(line) for line in (FOLDER / "knowledge.jsonl").open(encoding="utf-8")]


@app.post("/ask")
def ask() -> Any:  # noqa: ANN401 - as Flask has it
    """The answer of the nearest phrasing."""
    question = request.get_json()["question"]
    vector = model.encode([question], prompt_name="query", normalize_embeddings=True)
    scores, found = index.search(vector, 1)
    row = rows[found[0][0]]
    return jsonify(answer=row["answer"], entry=row["entry"], score=float(scores[0][0]))

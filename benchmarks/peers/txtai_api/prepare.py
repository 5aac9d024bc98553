"""Index all phrasings with their answers, and write the API's configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path

from txtai import Embeddings

FOLDER = Path(os.environ["BENCH_FOLDER"])


def main() -> None:
    """Write ``txtai`` (the index) and ``txtai.yml``."""
    prefix = "query: "
    embeddings = Embeddings(
        path=str(FOLDER / "model"), instructions={"query": prefix, "data": prefix}, content=True, gpu=False
    )
    with (FOLDER / "knowledge.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    embeddings.index({"text": row["phrasing"], "name": row["entry"], "answer": row["answer"]} for row in rows)
    embeddings.save(str(FOLDER / "txtai"))
    # The section makes the API serve embeddings; what is in it stands in the index as well.
    settings = f"path: {FOLDER / 'txtai'}\nembeddings:\n  path: {FOLDER / 'model'}\n  content: true\n"
    (FOLDER / "txtai.yml").write_text(settings, "utf-8")


if __name__ == "__main__":
    main()

"""What ranking a question costs beyond embedding it, in one run over the same questions.

Time on the clock, and the processor's own, which other programs on the machine disturb less.

    python -m benchmarks.decision_latency [--rounds 3]

Questions are those of ``knowledge/checks.jsonl``, of the live index, met exactly or not.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.operations import Operations
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval.loaded_index import load_index
from bot.settings import load_settings


def now() -> NDArray[np.float64]:
    """The clock and this thread's processor time, in seconds."""
    return np.array([time.perf_counter(), time.thread_time()])


class TimedEmbedder:
    """Notes how long the last query took: on the clock, and of the processor."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.model, self.checksum, self.dimensions = embedder.model, embedder.checksum, embedder.dimensions
        self.embed_passages = embedder.embed_passages
        self.seconds = np.zeros(2)

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """The embedder's vectors."""
        started = now()
        vectors = self._embedder.embed_queries(texts, progress)
        self.seconds = now() - started
        return vectors


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    operations = Operations(load_settings())
    embedder = TimedEmbedder(operations.embedder())
    index = load_index(operations.store, operations.store.current(), embedder)
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    queries = [normalise(json.loads(line)["question"]) for line in lines]
    for query in queries[:20]:
        index.rank(query)
    embedding, beyond = [], []
    for query in queries * rounds:
        started = now()
        if index.rank(query).is_exact:
            continue
        beyond.append(now() - started - embedder.seconds)
        embedding.append(embedder.seconds)
    print(f"{len(queries)} questions, {rounds} rounds; ms{'p50':>12}{'p99':>8}{'CPU p50':>10}{'p99':>8}")
    for name, seconds in (("embedding", embedding), ("everything beyond it", beyond)):
        (clock, cpu), (late, busy) = np.quantile(np.array(seconds) * 1000, (0.5, 0.99), axis=0)
        print(f"{name:32}{clock:8.2f}{late:8.2f}{cpu:10.2f}{busy:8.2f}")


if __name__ == "__main__":
    main()

"""What ranking a question costs beyond embedding it, in one run over the same questions, stage by stage.

Time on the clock, and the processor's own, which other programs on the machine disturb less.

    python -m benchmarks.decision_latency [--rounds 3] [--entries 150 [--phrasings 10] [--folder DIR]]

Questions are those of ``knowledge/checks.jsonl`` that are not met exactly. They are asked of the live index,
or with ``--entries`` of one that is built first: of so many of the product's own entries in both languages,
with so many phrasings each. A folder that is given is kept, and its index is used again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.build_result import Order, Override
from bot.knowledge import loader
from bot.knowledge.exporting import write_table
from bot.operations import Operations, TableChoices
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval.decision import Decision
from bot.retrieval.faiss_index import PassageIndex
from bot.retrieval.lexical import Lexicon
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.settings import load_settings

_STAGES = {
    "words": (Lexicon, "best"),
    "search": (PassageIndex, "search"),
    "beliefs": (Decision, "beliefs"),
    "confidence": (Decision, "judge"),
}
_EMBEDDING, _BEYOND, _REST = "embedding", "everything beyond it", "the rest of it"

Given = ParamSpec("Given")
Result = TypeVar("Result")
# On the clock, and of the processor.
Seconds = tuple[float, float]
# (questions, 2) of those.
Timings = NDArray[np.float64]


class Stopwatch:
    """How long each stage of a question took: seconds on the clock, and of the processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, Seconds] = {}

    def timed(self, stage: str, function: Callable[Given, Result]) -> Callable[Given, Result]:
        """The function, with its time added to a stage."""

        def run(*given: Given.args, **named: Given.kwargs) -> Result:
            started = _now()
            result = function(*given, **named)
            self.seconds[stage] = _since(started, self.seconds.get(stage, (0.0, 0.0)))
            return result

        return run


class TimedEmbedder:
    """An embedder whose queries are timed."""

    def __init__(self, embedder: Embedder, watch: Stopwatch) -> None:
        self._embed = watch.timed(_EMBEDDING, embedder.embed_queries)
        self.model, self.checksum, self.dimensions = embedder.model, embedder.checksum, embedder.dimensions
        self.embed_passages = embedder.embed_passages

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """The embedder's vectors."""
        return self._embed(texts, progress)


def _now() -> Seconds:
    return time.perf_counter(), time.thread_time()


def _since(started: Seconds, before: Seconds) -> Seconds:
    clock, cpu = _now()
    return before[0] + clock - started[0], before[1] + cpu - started[1]


def build(folder: Path, entries: int, phrasings: int) -> Operations:
    """An index of some of the product's own entries, by import and build as an operator does it."""
    places = {f"{name}_dir": folder / name for name in ("knowledge", "index", "data")}
    operations = Operations(load_settings().model_copy(update=places))
    if not operations.store.current_name():
        folder.mkdir(parents=True, exist_ok=True)
        table = folder / "entries.jsonl"
        everything = loader.load(PROJECT / "knowledge").entries
        ids = {*list(dict.fromkeys(entry.id for entry in everything))[:entries]}
        write_table(
            table,
            [replace(e, phrasings=e.phrasings[: phrasings - 1]) for e in everything if e.id in ids],
        )
        choices = TableChoices(sheet=None, max_rows=50_000, dry_run=False)
        operations.import_table(table, folder / "knowledge", choices, no_progress)
        operations.build(no_progress, Order(override=Override("benchmark", "only to be timed")))
    return operations


def measure(index: LoadedIndex, watch: Stopwatch, stages: Sequence[str], rounds: int) -> list[Timings]:
    """What every question that is not met exactly took, as a whole and in each of the stages."""
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    queries = [normalise(json.loads(line)["question"]) for line in lines]
    for query in queries[:20]:
        index.rank(query)
    taken: list[list[Seconds]] = []
    for query in queries * rounds:
        watch.seconds.clear()
        started = _now()
        if index.rank(query).is_exact:
            continue
        whole = _since(started, (0.0, 0.0))
        taken.append([whole, *(watch.seconds[stage] for stage in stages)])
    return list(np.array(taken).transpose(1, 0, 2))


def by_stage(index: LoadedIndex, watch: Stopwatch, rounds: int) -> dict[str, Timings]:
    """Timings by stage; of the whole in rounds of its own, which timing the stages does not slow."""
    whole, embedding = measure(index, watch, [_EMBEDDING], rounds)
    for stage, (owner, name) in _STAGES.items():
        setattr(owner, name, watch.timed(stage, getattr(owner, name)))
    slowed, *parts = measure(index, watch, [_EMBEDDING, *_STAGES], rounds)
    stages = dict(zip(_STAGES, parts[1:], strict=True))
    return {_EMBEDDING: embedding, _BEYOND: whole - embedding, **stages, _REST: slowed - sum(parts)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--entries", type=int, help="build an index of so many entries")
    parser.add_argument("--phrasings", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="build here and leave it there")
    given = parser.parse_args()
    with nullcontext(str(given.folder)) if given.folder else tempfile.TemporaryDirectory() as name:
        operations = Operations(load_settings())
        if given.entries:
            operations = build(Path(name), given.entries, given.phrasings)
        _report(operations, given.rounds)


def _report(operations: Operations, rounds: int) -> None:
    watch = Stopwatch()
    version = operations.store.current()
    counts = operations.store.manifest(version).counts
    index = load_index(operations.store, version, TimedEmbedder(operations.embedder(), watch))
    taken = by_stage(index, watch, rounds)
    print(", ".join(f"{count:,} of {what}" for what, count in counts.items()))
    print(f"{len(taken[_BEYOND])} questions; ms{'p50':>19}{'p90':>8}{'CPU p50':>10}{'p90':>8}")
    for name, seconds in taken.items():
        (clock, cpu), (late, busy) = np.quantile(seconds * 1000, (0.5, 0.9), axis=0)
        print(f"{name:32}{clock:8.2f}{late:8.2f}{cpu:10.2f}{busy:8.2f}")


if __name__ == "__main__":
    main()

"""What each part of the decision is worth: the same questions with one part taken out at a time.

    python -m benchmarks.ablation DIR... [--own]

Folders as ``benchmarks.question_sets`` takes them; ``--own``: also the product's knowledge base with
``benchmarks/quality/questions.jsonl``. Every text is embedded once; each variant is a build of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.domain import KnowledgeBase, Ranking
from bot.knowledge import loader
from bot.operations import Operations, TableChoices
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval import decision, training
from bot.retrieval.building import BuildOptions, build_index
from bot.retrieval.loaded_index import load_index
from bot.retrieval.versions import VersionStore
from bot.settings import load_settings

_MAX_ROWS = 100_000


class RememberingEmbedder:
    """Embeds every text once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[str, str], NDArray[np.float32]] = {}
        self.model, self.checksum = embedder.model, embedder.checksum
        self.dimensions = embedder.dimensions

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """As the embedder would."""
        return self._remembered("query", texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """As the embedder would."""
        return self._remembered("passage", texts, progress)

    def _remembered(self, kind: str, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self._known]
        if new:
            embed = self._embedder.embed_queries if kind == "query" else self._embedder.embed_passages
            self._known |= {(kind, t): v for t, v in zip(new, embed(new, progress), strict=True)}
        vectors = [self._known[kind, text] for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, self.dimensions), np.float32)


@dataclass(frozen=True)
class Asked:
    """A question, the entries that answer it, its kind if it is out of scope."""

    question: str
    expected: tuple[str, ...]
    kind: str


def variants() -> dict[str, dict[str, object]]:
    """Name -> what to replace, by dotted name."""
    weights = decision.WITH_CLASSIFIER
    without = {
        "words": replace(weights, lexical=0.0),
        "passages": replace(weights, passage=0.0),
        "classifier's belief": replace(weights, belief=0.0),
        "closest phrasing": replace(weights, phrasing=0.0),
    }
    changes: dict[str, dict[str, object]] = {"everything": {}}
    changes |= {f"without {name}": {"decision.WITH_CLASSIFIER": w} for name, w in without.items()}
    for number, signal in enumerate(decision.SIGNALS):
        changes[f"gate without {signal}"] = {"signal": number}
    changes["entries never held out"] = {"training._MIN_ENTRIES_TO_HOLD_OUT": 10**9}
    changes["one split only"] = {"training._ROUNDS": 1}
    return changes


@contextmanager
def changed(change: dict[str, object]) -> Iterator[None]:
    """The decision with one thing changed."""
    modules = {"decision": decision, "training": training}
    with ExitStack() as stack:
        for name, value in change.items():
            if name == "signal":
                stack.enter_context(_without_signal(int(str(value))))
            else:
                module, attribute = name.split(".")
                stack.enter_context(patch.object(modules[module], attribute, value))
        yield


@contextmanager
def _without_signal(number: int) -> Iterator[None]:
    original = decision.Evidence.signals

    def signals(self: decision.Evidence, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        found = original(self, scores)
        found[:, number] = 0
        return found

    with patch.object(decision.Evidence, "signals", signals):
        yield


def measure(base: KnowledgeBase, embedder: Embedder, asked: Sequence[Asked], rate: float) -> str:
    """Build, ask, and give the figures as cells of a table."""
    with tempfile.TemporaryDirectory() as folder:
        store = VersionStore(Path(folder))
        options = BuildOptions(rate, datetime.now(UTC), "ablation")
        built = build_index(base, embedder, store, normalise, options)
        index = load_index(store, built.version, embedder)
        rankings = [index.rank(normalise(item.question)) for item in asked]
        return " | ".join(_figures(asked, rankings, index.answer_threshold))


def _figures(asked: Sequence[Asked], rankings: Sequence[Ranking], threshold: float) -> Iterator[str]:
    confidence = np.array([ranking.confidence for ranking in rankings])
    first = [ranking.hits[0].entry_id if ranking.hits else "" for ranking in rankings]
    inside = np.array([bool(item.expected) for item in asked])
    hits = np.array([name in item.expected for name, item in zip(first, asked, strict=True)])
    yield f"{hits[inside].mean():.3f}"
    for kind in ("", *sorted({item.kind for item in asked} - {""}))[:3]:
        chosen = inside | np.array([not item.expected and kind in ("", item.kind) for item in asked])
        has_both = 0 < inside[chosen].sum() < chosen.sum()
        yield f"{roc_auc_score(inside[chosen], confidence[chosen]):.3f}" if has_both else "–"
    given = [name if sure else "" for name, sure in zip(first, confidence >= threshold, strict=True)]
    truth = [
        name if name in item.expected else next(iter(item.expected), "")
        for name, item in zip(given, asked, strict=True)
    ]
    yield f"{matthews_corrcoef(truth, given):.3f}"


def read_questions(path: Path) -> list[Asked]:
    """The lines of an evaluation file that expect entries or silence."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Asked(row["question"], _ids(row["expected"]), str(row.get("kind") or ""))
        for row in rows
        if row["expected"] != "any"
    ]


def _ids(expected: object) -> tuple[str, ...]:
    return (expected,) if isinstance(expected, str) else tuple(expected or ())  # type: ignore[arg-type]


def _print_set(name: str, base: KnowledgeBase, asked: Sequence[Asked], operations: Operations) -> None:
    kinds = sorted({item.kind for item in asked} - {""})[:2]
    columns = ["hit@1", "AUROC", *(f"AUROC {kind}" for kind in kinds), "MCC"]
    print(f"\n{name}\n\n| variant | " + " | ".join(columns) + " |\n|---" + "|---" * len(columns) + "|")
    embedder = RememberingEmbedder(operations.embedder(threads=0))
    for variant, change in variants().items():
        with changed(change):
            rate = operations.settings.false_answer_rate
            print(f"| {variant} | {measure(base, embedder, asked, rate)} |", flush=True)


def main() -> None:
    """Print one table a set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--own", action="store_true")
    arguments = parser.parse_args()
    operations = Operations(load_settings())
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as scratch:
            table, knowledge = folder / "knowledge.jsonl", Path(scratch)
            operations.import_table(table, knowledge, TableChoices(None, _MAX_ROWS, False), no_progress)
            base = loader.load(knowledge)
        _print_set(folder.name, base, read_questions(folder / "questions.jsonl"), operations)
    if arguments.own:
        questions = read_questions(PROJECT / "benchmarks" / "quality" / "questions.jsonl")
        _print_set("own knowledge", loader.load(PROJECT / "knowledge"), questions, operations)


if __name__ == "__main__":
    main()

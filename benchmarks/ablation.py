"""What each part of the decision is worth: the same questions with one part taken out at a time.

    python -m benchmarks.ablation DIR... [--own]

Folders as ``benchmarks.question_sets`` takes them; ``--own``: also the product's knowledge base with
``benchmarks/quality/questions.jsonl``. Every text is embedded once and every
classifier trained once; each variant is a build of its own. Variants that give what everything gives are
left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.domain import KnowledgeBase, Phrasing, Place, Ranking
from bot.knowledge import loader
from bot.operations import Operations, TableChoices
from bot.ports import Embedder, no_progress
from bot.retrieval import cross_validation, decision, folds, training_set
from bot.retrieval.building import BuildOptions, build_index, entry_ids
from bot.retrieval.building import training_set as training_set_of
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.retrieval.vectors import Groups, Vectors, best_of_groups
from bot.retrieval.versions import VersionStore
from bot.settings import load_settings

_MAX_ROWS = 100_000
_PASSAGE = decision.WITH_CLASSIFIER.passage


@dataclass(frozen=True)
class Asked:
    """A question, the entries that answer it, its kind if it is out of scope."""

    question: str
    expected: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Lab:
    """A knowledge base with what it is asked, and what embeds both."""

    base: KnowledgeBase
    embedder: Embedder
    asked: Sequence[Asked]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Centred as the knowledge base's own questions are."""
        places = tuple(Phrasing(text, Place(Path(), 0)) for text in texts)
        data = training_set_of(replace(self.base, background=places, everyday=()), self.embedder, normalise)
        return data.background.vectors


def variants(lab: Lab) -> dict[str, AbstractContextManager[object]]:
    """Name -> the decision with one thing changed."""
    found: dict[str, AbstractContextManager[object]] = {"everything": nullcontext()}
    terms = {"words": "lexical", "passages": "passage", "closest phrasing": "phrasing"}
    for name, term in (terms | {"classifier's belief": "belief"}).items():
        found[f"without {name}"] = _without_term(term)
    for number, signal in enumerate(decision.SIGNALS):
        found[f"gate without {signal}"] = _without_signal(number)
    found["entries never held out"] = patch.object(folds, "_MIN_ENTRIES_TO_HOLD_OUT", 10**9)
    found["one split only"] = patch.object(training_set, "_ROUNDS", 1)
    if any(entry.not_this for entry in lab.base.entries):
        found |= {f"“not this” costs {cost:g} × its lead": _penalty(lab, cost) for cost in (2.0, 6.0)}
    return found


@contextmanager
def _without_term(term: str) -> Iterator[None]:
    with ExitStack() as stack:
        for name in ("WITH_CLASSIFIER", "WITHOUT_CLASSIFIER"):
            weights = replace(getattr(decision, name), **{term: 0.0})
            stack.enter_context(patch.object(decision, name, weights))
        yield


@contextmanager
def _penalty(lab: Lab, cost: float) -> Iterator[None]:
    """Entries score less where a query is closer to what they are not than to what they are."""
    ids = entry_ids(lab.base)
    listed = [
        (phrasing.text, ids.index(entry.id)) for entry in lab.base.entries for phrasing in entry.not_this
    ]
    known = lab.vectors([text for text, _ in listed])
    owned = Groups.of(np.array([entry for _, entry in listed], np.intp), len(ids))

    def lessened(evidence: decision.Evidence, vectors: Vectors) -> decision.Evidence:
        lead = best_of_groups(vectors, known, owned) - evidence.phrasings
        return replace(evidence, passages=evidence.passages - np.maximum(lead, 0) * cost / _PASSAGE)

    trained, ranked = cross_validation._evidence, LoadedIndex._evidence
    with (
        patch.object(
            cross_validation,
            "_evidence",
            lambda rest, asked, fit: lessened(trained(rest, asked, fit), asked.vectors),
        ),
        patch.object(
            LoadedIndex,
            "_evidence",
            lambda index, words, vector, found: lessened(ranked(index, words, vector, found), vector[None]),
        ),
    ):
        yield


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which works only once for the same arguments."""
    kept: dict[bytes, Any] = {}

    def remember(*arguments: object) -> object:
        told = [argument for argument in arguments if not callable(argument)]
        key = hashlib.sha256(pickle.dumps(told)).digest()
        if key not in kept:
            kept[key] = function(*arguments)
        return kept[key]

    return remember


@contextmanager
def _without_signal(number: int) -> Iterator[None]:
    original = decision.Evidence.signals

    def signals(self: decision.Evidence, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        found = original(self, scores)
        found[:, number] = 0
        return found

    with patch.object(decision.Evidence, "signals", signals):
        yield


def measure(lab: Lab, base: KnowledgeBase, rate: float) -> str:
    """Build, ask, and give the figures as cells of a table."""
    with tempfile.TemporaryDirectory() as folder:
        store = VersionStore(Path(folder))
        options = BuildOptions(rate, datetime.now(UTC), "ablation")
        built = build_index(base, lab.embedder, store, normalise, options)
        index = load_index(store, built.version, lab.embedder)
        rankings = [index.rank(normalise(item.question)) for item in lab.asked]
        return " | ".join(_figures(lab.asked, rankings, index.answer_threshold))


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
    lab, rate = Lab(base, operations.caching_embedder(), asked), operations.settings.false_answer_rate
    everything = ""
    for variant, change in variants(lab).items():
        with change:
            found = measure(lab, base, rate)
        if found != everything:
            print(f"| {variant} | {found} |", flush=True)
        everything = everything or found
    not_this = tuple(phrasing for entry in base.entries for phrasing in entry.not_this)
    if not_this:
        found = measure(lab, replace(base, background=(*base.background, *not_this)), rate)
        print(f"| “not this” as background | {found} |", flush=True)


def main() -> None:
    """Print one table a set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--own", action="store_true")
    arguments = parser.parse_args()
    steps: Any = cross_validation
    steps.fit_classifier = remembered(steps.fit_classifier)
    steps._lexical = remembered(steps._lexical)
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

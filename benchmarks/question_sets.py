"""Other knowledge bases, imported as an operator would and asked through the answerer.

    python -m benchmarks.question_sets [--tuned] [--background DIR] DIR...

Each folder holds ``knowledge.jsonl`` (what ``knowledge import`` takes) and ``questions.jsonl`` (what
``evaluate`` takes; lines may name a ``kind`` of out-of-scope question). Thresholds come from the build alone.
``--tuned`` asks again after ``model tune`` and another build, if the tuned model was adopted; tuning needs a
background, so ``--background`` copies one into each knowledge folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.metrics import roc_auc_score

from bot.answering.answerer import Answerer
from bot.evaluation import Figures, Judged, figures, read_labelled
from bot.operations import Operations, TableChoices
from bot.ports import no_progress
from bot.settings import load_settings

_COLUMNS = (
    "set", "entries", "asked", "hit@1", "AUROC", "MCC", "answered", "false", "right", "build s"
)  # fmt: skip
_MAX_ROWS = 100_000
_LEARNING_RATE = 3e-5


@dataclass(frozen=True)
class Result:
    """One question set: its figures, AUROC of the answerable against each kind of out-of-scope question."""

    name: str
    entries: int
    figures: Figures
    by_kind: dict[str, float]
    build_seconds: float


def imported(folder: Path, scratch: Path, background: Path | None) -> Operations:
    """A knowledge base of its own in ``scratch``, from the folder's table."""
    knowledge = scratch / "knowledge"
    settings = load_settings().model_copy(update={"knowledge_dir": knowledge, "index_dir": scratch / "index"})
    operations = Operations(settings)
    operations.import_table(
        folder / "knowledge.jsonl", knowledge, TableChoices(None, _MAX_ROWS, False), no_progress
    )
    if background:
        shutil.copytree(background, knowledge / "background")
    return operations


def tuned(operations: Operations) -> bool:
    """Tune the model to the knowledge base and print what it gained; whether it was adopted."""
    started = time.monotonic()
    result = operations.tune_model(no_progress, _LEARNING_RATE)
    for name, before in asdict(result.before).items():
        print(f"|  {name} held out {before:.3f} → {getattr(result.after, name):.3f}" + " |" * 9)
    print(f"|  adopted: {'yes' if result.adopted else 'no'} ({time.monotonic() - started:.0f} s)" + " |" * 9)
    return result.adopted is not None


def measure(name: str, folder: Path, operations: Operations) -> Result:
    """Build, ask."""
    started = time.monotonic()
    built = operations.build(no_progress)
    seconds = time.monotonic() - started
    answerer = Answerer(operations.live_index())
    questions = folder / "questions.jsonl"
    judged = [Judged(item, answerer.answer(item.question)) for item in read_labelled(questions)]
    entries = built.manifest.counts["entries"]
    return Result(name, entries, figures(judged), _by_kind(questions, judged), seconds)


def _by_kind(questions: Path, judged: Sequence[Judged]) -> dict[str, float]:
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    kinds = [str(row.get("kind") or "") for row in rows]
    inside = [item.reply.confidence for item in judged if item.labelled.is_answerable]
    aurocs = {}
    for kind in sorted({*kinds} - {""}):
        outside = [
            item.reply.confidence
            for item, given in zip(judged, kinds, strict=True)
            if given == kind and not item.labelled.is_answerable
        ]
        if outside and inside:
            truth = [1] * len(inside) + [0] * len(outside)
            aurocs[kind] = float(roc_auc_score(truth, inside + outside))
    return aurocs


def _row(result: Result) -> str:
    found = result.figures
    shares = (found.hit_at_1, found.auroc, found.mcc, found.coverage, found.false_answers, found.right)
    cells = ["–" if share is None else f"{share:.3f}" for share in shares]
    first, rest = (result.name, str(result.entries), str(found.questions)), (f"{result.build_seconds:.0f}",)
    return "| " + " | ".join((*first, *cells, *rest)) + " |"


def _print(result: Result) -> None:
    print(_row(result), flush=True)
    for kind, auroc in result.by_kind.items():
        print(f"|  AUROC against kind “{kind}” | | | | {auroc:.3f} | | | | | |", flush=True)


def main() -> None:
    """Print one row a set, and one for its tuned model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--background", type=Path)
    options = parser.parse_args()
    print("| " + " | ".join(_COLUMNS) + " |\n" + "|---" * len(_COLUMNS) + "|")
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as scratch:
            operations = imported(folder, Path(scratch), options.background)
            _print(measure(folder.name, folder, operations))
            if options.tuned and tuned(operations):
                _print(measure(f"{folder.name}, tuned", folder, operations))


if __name__ == "__main__":
    sys.exit(main())

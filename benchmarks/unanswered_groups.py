"""How well questions that ask for the same are grouped: pairwise F1 and adjusted Rand index.

    python -m benchmarks.unanswered_groups

Two sets, neither of which the grouping has seen: phrasings of one half of the live version's entries, grouped
with what was learnt from the other half, and the made-up needs of ``benchmarks/quality/unanswered.jsonl``.
Beside it, the same with the vectors as they are and the threshold that turns out best for them. At the end,
the time that 2,000 questions take.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.operations import Operations
from bot.retrieval.discriminant import Discriminant
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.question_groups import QuestionGrouper, learn_grouper, pairwise_f1
from bot.retrieval.vectors import Vectors, centred
from bot.settings import load_settings

_SEEDS = 5
_TIMED = 2_000
_CUTS = np.linspace(0.3, 1.0, 36)
NEEDS = PROJECT / "benchmarks" / "quality" / "unanswered.jsonl"


@dataclass(frozen=True)
class Trial:
    """Questions with the need of each, and phrasings with their entries to learn from."""

    name: str
    questions: Vectors
    needs: np.ndarray
    phrasings: Vectors
    entries: np.ndarray


def main() -> None:
    """Measure and print."""
    index = Operations(load_settings()).live_index()()
    vectors, entries = index.known_phrasings(10**6)
    print(
        f"{'':24}{'questions':>10}{'needs':>10}{'groups':>10}{'F1':>8}{'prec.':>8}{'recall':>8}{'ARI':>8}{'cut':>8}"
    )
    held_out = list(_held_out(vectors, entries))
    for trials in (held_out, [_made_up(index, vectors, entries)]):
        _print_rows(trials[0].name, [(t, learn_grouper(t.phrasings, t.entries)) for t in trials])
        _print_rows("  vectors as they are", [(t, _best_plain(t)) for t in trials])
    _time(vectors, entries)


def _best_plain(trial: Trial) -> QuestionGrouper:
    plain = Discriminant(np.zeros((trial.questions.shape[1],) * 2, np.float32))
    groupers = [QuestionGrouper(plain, float(cut)) for cut in _CUTS]
    return max(groupers, key=lambda grouper: _measured(trial, grouper)[3])


def _held_out(vectors: Vectors, entries: np.ndarray) -> Iterator[Trial]:
    for seed in range(_SEEDS):
        random = np.random.default_rng(seed + 100)
        names = random.permutation(np.unique(entries))
        half = names[: len(names) // 2]
        rows = [np.flatnonzero(entries == name) for name in half]
        drawn = np.concatenate([random.permutation(own)[: random.integers(1, 7)] for own in rows])
        rest = ~np.isin(entries, half)
        yield Trial("entries held out", vectors[drawn], entries[drawn], vectors[rest], entries[rest])


def _made_up(index: LoadedIndex, vectors: Vectors, entries: np.ndarray) -> Trial:
    needs = [json.loads(line) for line in NEEDS.read_text("utf-8").splitlines()]
    pairs = [(text, number) for number, need in enumerate(needs) for text in need["questions"]]
    queries = [normalise(text) for text, _ in pairs]
    raw = index.embedder.embed_queries([query.text for query in queries])
    seen = centred(raw, np.stack([index.centre(query.language) for query in queries]))
    return Trial("made-up needs", seen, np.array([number for _, number in pairs]), vectors, entries)


def _print_rows(name: str, trials: list[tuple[Trial, QuestionGrouper]]) -> None:
    """The mean of some trials."""
    counts = np.mean([_measured(trial, grouper) for trial, grouper in trials], axis=0)
    cells = "".join(f"{count:>10.0f}" for count in counts[:3]) + "".join(f"{x:>8.3f}" for x in counts[3:])
    print(f"{name:24}{cells}", flush=True)


def _measured(trial: Trial, grouper: QuestionGrouper) -> tuple[float, ...]:
    """Questions, needs, groups, F1, precision, recall, adjusted Rand index, cut."""
    groups = grouper.groups(trial.questions)
    found = np.empty(len(trial.questions), int)
    for number, group in enumerate(groups):
        found[group] = number
    rand = adjusted_rand_score(trial.needs, found)
    counts = len(found), len(np.unique(trial.needs)), len(groups)
    return (*counts, *pairwise_f1(found, trial.needs), rand, grouper.cut)


def _time(vectors: Vectors, entries: np.ndarray) -> None:
    start = time.perf_counter()
    grouper = learn_grouper(vectors, entries)
    learnt = time.perf_counter()
    grouper.groups(np.resize(vectors, (_TIMED, vectors.shape[1])))
    print(
        f"learning {learnt - start:.1f} s a version, grouping {_TIMED:,} {time.perf_counter() - learnt:.1f} s"
    )


if __name__ == "__main__":
    main()

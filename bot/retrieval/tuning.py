"""Tunes the model to a knowledge base and keeps the result only if it gains.

Hold questions out -> measure the original -> tune on the rest -> export and quantise -> measure again
-> adopt. What is adopted is what was measured: it never saw what was held out. Of a large knowledge base
the comparison embeds a sample; the tuning learns from all the rest.
Imported only while a model is tuned: torch stays out of web workers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import Entry, KnowledgeBase, Phrasing
from bot.errors import KnowledgeError
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval import prepared_model
from bot.retrieval.building import Normalise, Questions, entry_ids, questions, training_set
from bot.retrieval.checkpoint import load_checkpoint
from bot.retrieval.comparison import Figures, figures, is_gain
from bot.retrieval.contrastive import Recipe, tune
from bot.retrieval.folds import in_fold, phrasings_in_fold
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.preparation import workspace, write_form
from bot.retrieval.prepared_model import TUNED, ModelManifest, PreparedModel
from bot.retrieval.training import HeldOut, hold_out
from bot.retrieval.training_set import MAX_CLASSES, MIN_PHRASINGS_PER_ENTRY

MIN_ENTRIES = 8
_HELD_OUT = 0  # number of the fold
# One entry in so many is left out whole: its phrasings are questions on the subject that none answers.
_STRANGERS = 5
# What the comparison embeds: so many phrasings in all but some of every entry, and so many questions of the
# operator's background and as many everyday ones.
_PHRASINGS = 3_000
_OF_AN_ENTRY = 6
_OF_A_BACKGROUND = 400
# Tuned vectors spread wider, so that the same rounding turns them further; the comparison has the last word.
_MIN_FIDELITY = 0.9


@dataclass(frozen=True)
class TuningOptions:
    """What an operator chooses, and what the clock says."""

    false_answer_rate: float
    now: datetime
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True)
class Untuned:
    """The original model, and an embedder of it, which may know many texts already."""

    prepared: PreparedModel
    embedder: Embedder


@dataclass(frozen=True)
class TuningResult:
    """Figures on the held-out questions, and the tuned model if it was adopted."""

    before: Figures
    after: Figures
    adopted: PreparedModel | None


def tune_model(
    base: KnowledgeBase,
    untuned: Untuned,
    normalise: Normalise,
    options: TuningOptions,
    progress: Progress = no_progress,
) -> TuningResult:
    """Tune the original to a knowledge base; the result lies beside it if it gains, nowhere otherwise.

    Raises KnowledgeError when there are too few phrasings (or too many entries) to tune to.
    """
    started = time.monotonic()
    sample = _sample(base)
    asked = questions(sample, normalise)
    split = _split(asked, len(entry_ids(base)))
    groups = _tunable(questions(base, normalise), split, _held_out(asked, split))
    before = _measure(sample, split, untuned.embedder, normalise, progress)
    original = untuned.prepared
    with workspace(original.folder.parent) as folder:
        progress("loading the model", 0, 1)
        checkpoint = load_checkpoint(original.manifest.model)
        tune(checkpoint, groups, options.recipe, progress)
        manifest = write_form(
            folder,
            original.manifest.model,
            checkpoint,
            progress,
            like=original,
            min_fidelity=_MIN_FIDELITY,
        )
        tuned = OnnxEmbedder(PreparedModel(folder, manifest), threads=0)
        after = _measure(sample, split, tuned, normalise, progress)
        rate = options.false_answer_rate
        result = TuningResult(figures(before, rate), figures(after, rate), None)
        if not is_gain(before, after, rate):
            return result
        facts = _facts(base, original, options, result, time.monotonic() - started)
        return replace(result, adopted=_adopt(folder, replace(manifest, tuning=facts), original))


def _sample(base: KnowledgeBase) -> KnowledgeBase:
    """Some phrasings of every entry, its short answer, and some of the background."""
    chance = Random(0)  # noqa: S311 - a sample, not a secret  # nosec B311
    others = max(_OF_AN_ENTRY, _PHRASINGS // max(len(base.entries), 1)) - 1
    return replace(
        base,
        entries=tuple(_shortened(entry, _some(entry.phrasings, others, chance)) for entry in base.entries),
        background=_some(base.background, _OF_A_BACKGROUND, chance),
        everyday=_some(base.everyday, _OF_A_BACKGROUND, chance),
    )


def _shortened(entry: Entry, phrasings: tuple[Phrasing, ...]) -> Entry:
    return replace(entry, phrasings=phrasings, answer=entry.short_answer)


def _some(phrasings: Sequence[Phrasing], most: int, chance: Random) -> tuple[Phrasing, ...]:
    """No more than so many of them, in their order."""
    chosen = chance.sample(range(len(phrasings)), min(most, len(phrasings)))
    return tuple(phrasings[number] for number in sorted(chosen))


@dataclass(frozen=True)
class _Split:
    """Entries that are left out, phrasings of theirs, and which of the others and of the background are
    held out.
    """

    left_out: NDArray[np.bool_]
    strangers: NDArray[np.bool_]
    phrasings: NDArray[np.bool_]
    background: NDArray[np.bool_]


def _split(asked: Questions, entry_count: int) -> _Split:
    left_out = np.zeros(entry_count, bool)
    left_out[np.random.default_rng(0).permutation(entry_count)[: entry_count // _STRANGERS]] = True
    return _Split(
        left_out,
        strangers=left_out[asked.entries],
        phrasings=phrasings_in_fold(asked.phrasings, asked.entries, _HELD_OUT),
        background=in_fold(asked.background, _HELD_OUT),
    )


def _held_out(asked: Questions, split: _Split) -> set[str]:
    """The texts of the phrasings that the comparison will ask."""
    return {asked.phrasings[number] for number in np.flatnonzero(split.phrasings | split.strangers)}


def _tunable(asked: Questions, split: _Split, held_out: set[str]) -> list[list[str]]:
    """The phrasings of each entry that has two, without all that the comparison will ask."""
    groups: list[list[str]] = [[] for _ in split.left_out]
    for text, entry in zip(asked.phrasings, asked.entries.tolist(), strict=True):
        if not split.left_out[entry] and text not in held_out:
            groups[entry].append(text)
    enough = [group for group in groups if len(group) > 1]
    _require_enough(asked, len(groups), len(enough))
    return enough


def _require_enough(asked: Questions, entry_count: int, tunable: int) -> None:
    """What the comparison needs to mean anything, in words of the knowledge base."""
    wanted = MIN_PHRASINGS_PER_ENTRY * entry_count
    if tunable < MIN_ENTRIES or len(asked.phrasings) < wanted:
        raise KnowledgeError(
            "too few phrasings to tune to: %(phrasings)s for %(entry_count)s entries; it takes "
            "%(least)s an entry on average, and %(entries)s entries with several; "
            "add other ways to ask them",
            phrasings=len(asked.phrasings),
            entry_count=entry_count,
            least=MIN_PHRASINGS_PER_ENTRY,
            entries=MIN_ENTRIES,
        )
    if entry_count > MAX_CLASSES:
        raise KnowledgeError(
            "%(entry_count)s entries are too many to tune to; %(most)s at most",
            entry_count=entry_count,
            most=MAX_CLASSES,
        )


def _measure(
    base: KnowledgeBase,
    split: _Split,
    embedder: Embedder,
    normalise: Normalise,
    progress: Progress,
) -> HeldOut:
    """Judge what is held out, strangers among the background, by a decision trained on the rest."""
    data = training_set(base, embedder, normalise, progress)
    known, told = ~split.strangers, ~split.left_out[data.passages.entries]
    is_stranger = np.ones(split.strangers.sum(), bool)
    narrowed = replace(
        data,
        phrasings=data.phrasings.where(known),
        passages=data.passages.where(told),
        background=data.background.and_nobodys(data.phrasings.where(~known)),
        is_near_miss=np.append(data.is_near_miss, is_stranger),
    )
    background_out = np.append(split.background, is_stranger)
    return hold_out(narrowed, split.phrasings[known], background_out, progress)


def _facts(
    base: KnowledgeBase, original: PreparedModel, options: TuningOptions, result: TuningResult, seconds: float
) -> dict[str, Any]:
    return {
        "name": f"{TUNED}{options.now:%Y%m%d-%H%M%S}",
        "made_at": options.now.isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "original_checksum": original.manifest.checksum,
        "knowledge_digest": base.digest,
        "recipe": asdict(options.recipe),
        "false_answer_rate": options.false_answer_rate,
        "before": asdict(result.before),
        "after": asdict(result.after),
    }


def _adopt(folder: Path, manifest: ModelManifest, original: PreparedModel) -> PreparedModel:
    adopted = PreparedModel(folder, manifest)
    target = original.folder.with_name(f"{original.folder.name}-{adopted.name}")
    prepared_model.write_manifest(folder, manifest)
    prepared_model.replace_folder(folder, target)
    return replace(adopted, folder=target)

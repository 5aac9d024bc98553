"""Asks questions that were held out, fold by fold, of what is known without them.

Imported only while an index is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.ports import Progress
from bot.retrieval import early_exit_training
from bot.retrieval.asked_questions import Asked, Guesses, joined
from bot.retrieval.classifier_fitting import fit_classifier
from bot.retrieval.decision import Classifier, Evidence, lengths
from bot.retrieval.early_exit import EarlyExit
from bot.retrieval.early_exit_training import Words
from bot.retrieval.folds import absent_entries, in_fold, phrasings_in_fold
from bot.retrieval.learnt_cache import Arrays, LearntCache
from bot.retrieval.lexical import Counts, Lexicon, ngram_counts
from bot.retrieval.training_set import Group, TrainingSet
from bot.retrieval.vectors import Vectors, best_of_all, best_of_groups

_KEPT_NOWHERE = LearntCache()


@dataclass(frozen=True)
class Learning:
    """What one build need not do twice, and what others did before; ``words``: for an early exit."""

    kept: LearntCache = _KEPT_NOWHERE
    counts: Counts = field(default_factory=lambda: cache(ngram_counts))
    words: Words | None = None


def ask_all(data: TrainingSet, progress: Progress, learning: Learning) -> Asked:
    """Ask every question while it is held out, as often as there are rounds."""
    parts = [_fold(data, fold, progress, learning) for fold in range(data.folds)]
    return joined(parts, data.near_share)


def _fold(data: TrainingSet, fold: int, progress: Progress, learning: Learning) -> Asked:
    """Ask the questions that this fold holds out."""
    progress("training the decision", fold, data.folds + 1)
    absent, phrasings = absent_entries(data, fold), data.phrasings
    is_asked = phrasings_in_fold(phrasings.texts, phrasings.entries, fold) & ~absent[phrasings.entries]
    return ask(data, is_asked, in_fold(data.background.texts, fold), absent, learning)


def ask(
    data: TrainingSet,
    is_asked: NDArray[np.bool_],
    is_asked_background: NDArray[np.bool_],
    absent: NDArray[np.bool_],
    learning: Learning,
) -> Asked:
    """Ask some phrasings, all those of the absent entries and some of the background; train on the rest."""
    phrasings, background = data.phrasings, data.background
    is_absent = absent[phrasings.entries]
    groups = (phrasings.where(is_asked), phrasings.where(is_absent), background.where(is_asked_background))
    queries = Group(
        tuple(text for group in groups for text in group.texts),
        np.vstack([group.vectors for group in groups]),
        np.concatenate([groups[0].entries, *(np.full(len(group.texts), -1) for group in groups[1:])]),
    )
    rest = replace(
        data,
        phrasings=phrasings.where(~is_asked & ~is_absent),
        passages=data.passages.where(~absent[data.passages.entries]),
        background=background.where(~is_asked_background),
    )
    rows = (is_asked, is_absent, np.append(np.zeros(len(is_asked), bool), is_asked_background))
    evidence = _evidence(rest, queries, learning)
    scores = evidence.scores()
    kinds = np.repeat(np.arange(3), [len(group.texts) for group in groups])
    is_near_miss = kinds == 1
    is_near_miss[kinds == 2] = data.is_near_miss[is_asked_background]
    is_right = scores.argmax(axis=1) == queries.entries
    numbers = np.concatenate([np.flatnonzero(chosen) for chosen in rows])
    guesses = _guesses(rest, queries, learning)
    signals = evidence.signals(scores)
    return Asked(numbers, signals, is_right, kinds == 0, is_near_miss, data.near_share, guesses)


def _evidence(known: TrainingSet, queries: Group, learning: Learning) -> Evidence:
    """What a decision that knows only this makes of the queries."""
    phrasings, lexical, beliefs, background = _evidence_of_questions(known, queries, learning)
    passages = _best(queries, known.passages, known.entry_count)
    return Evidence(phrasings, passages, lexical, beliefs, background, lengths(queries.texts))


def _evidence_of_questions(known: TrainingSet, queries: Group, learning: Learning) -> Arrays:
    """All but what depends on the answers: the best phrasings, words, beliefs, the nearest background."""
    count, background = known.entry_count, known.background.vectors

    def evidence() -> Arrays:
        return (
            _best(queries, known.phrasings, count),
            _lexical(queries.texts, known.phrasings, count, learning.counts),
            classifier_of(known, learning.kept).log_probabilities(queries.vectors),
            best_of_all(queries.vectors, background),
        )

    of = (*_told(queries), *_told(known.phrasings), background, np.array(count))
    return learning.kept.arrays(of, evidence, size=3 * len(queries.texts) * count * queries.vectors.itemsize)


def _told(group: Group) -> tuple[tuple[str, ...], Vectors, NDArray[np.intp]]:
    return group.texts, group.vectors, group.entries


def _best(queries: Group, rows: Group, entry_count: int) -> Vectors:
    return best_of_groups(queries.vectors, rows.vectors, rows.owned(entry_count))


def _guesses(known: TrainingSet, queries: Group, learning: Learning) -> Guesses:
    """What the words alone make of the queries."""
    words = learning.words
    if words is None:
        return Guesses.none(len(queries.texts))

    def guesses() -> Arrays:
        probabilities, likeliest = words.guess(words.fit(known), queries.texts)
        return probabilities, likeliest == queries.entries

    of = (*_told(queries), *_told(known.phrasings), *_told(known.background), np.array(known.entry_count))
    return Guesses(*learning.kept.arrays(of, guesses))


def early_exit_of(known: TrainingSet, words: Words, kept: LearntCache) -> EarlyExit:
    """What the words of the phrasings and the background teach; not to be trusted yet."""

    def early_exit() -> Arrays:
        return early_exit_training.written(words.fit(known))

    of = (*_told(known.phrasings), *_told(known.background), np.array(known.entry_count))
    return early_exit_training.read(kept.arrays(of, early_exit))


def _lexical(texts: Sequence[str], rows: Group, entry_count: int, counts: Counts) -> Vectors:
    lexicon = Lexicon.build(rows.texts, counts)
    owned = rows.owned(entry_count)
    best = [lexicon.best(counts(text), owned) for text in texts]
    # A third of very little may be nothing.
    return np.array(best, np.float32).reshape(-1, entry_count)


def classifier_of(known: TrainingSet, kept: LearntCache) -> Classifier:
    """What the phrasings and the background teach."""
    nobody = np.full(len(known.background.texts), known.entry_count)
    vectors = np.vstack([known.phrasings.vectors, known.background.vectors])
    classes = np.concatenate([known.phrasings.entries, nobody])

    def classifier() -> Arrays:
        fitted = fit_classifier(vectors, classes, known.entry_count)
        return fitted.weights, fitted.bias

    return Classifier(*kept.arrays((vectors, classes), classifier))

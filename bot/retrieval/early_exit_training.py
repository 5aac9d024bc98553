"""Learns the early exit, and from where on it may be trusted. Imported only while an index is built."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.ports import Embedder
from bot.retrieval.asked_questions import Asked
from bot.retrieval.classifier_fitting import fit_classifier
from bot.retrieval.decision import Classifier
from bot.retrieval.early_exit import EarlyExit
from bot.retrieval.learnt_cache import Arrays
from bot.retrieval.lexical import Counts
from bot.retrieval.static_embedding import PartVectors, StaticEmbedding
from bot.retrieval.training_set import TrainingSet
from bot.retrieval.vectors import Vectors

# Of the wanted rate of false answers, what the words alone may use up; the rest is the decision's.
SHARE = 0.15
# Of fewer held-out questions that are answered early nobody can tell how often that is wrong.
_LEAST_ANSWERED = 50
_MORE_LIKELY_THAN_NOT = 0.5


@dataclass(frozen=True)
class Words:
    """Of texts the word pieces, as a model reads them, and the n-grams."""

    embedder: Embedder
    counts: Counts

    def fit(self, known: TrainingSet) -> EarlyExit:
        """What the words of the phrasings and the background teach; not to be trusted yet."""
        texts = (*known.phrasings.texts, *known.background.texts)
        nobody = np.full(len(known.background.texts), known.entry_count)
        classes = np.concatenate([known.phrasings.entries, nobody])
        embedding = _fitting().fit_static(*self._parts(texts), self.embedder.piece_vectors)
        vectors = self._embedded(embedding, texts)
        return EarlyExit(embedding, fit_classifier(vectors, classes, known.entry_count), inf)

    def guess(self, fitted: EarlyExit, texts: tuple[str, ...]) -> tuple[Vectors, NDArray[np.intp]]:
        """(texts,) each: the probability of the likeliest entry, 0 for an unfamiliar text, and its number."""
        beliefs = fitted.classifier.log_probabilities(self._embedded(fitted.embedding, texts))[:, :-1]
        is_familiar = _fitting().are_familiar(fitted.embedding, *self._parts(texts))
        return np.where(is_familiar, np.exp(beliefs.max(axis=1)), np.float32(0)), beliefs.argmax(axis=1)

    def _embedded(self, embedding: StaticEmbedding, texts: tuple[str, ...]) -> Vectors:
        vectors: Vectors = _fitting().embed_all(embedding, *self._parts(texts))
        return vectors

    def _parts(self, texts: tuple[str, ...]) -> tuple[list[list[int]], list[Any]]:
        return self.embedder.pieces(texts), [self.counts(text) for text in texts]


def _fitting() -> Any:  # noqa: ANN401 - a module
    """Imported when something is to be fitted: scikit-learn takes longer to import than most builds take."""
    return importlib.import_module("bot.retrieval.static_fitting")


def trusted_from(asked: Asked, is_answered: NDArray[np.bool_], false_answer_rate: float) -> float:
    """The probability from which words alone are to be believed; infinite where they never are.

    There they are right as often as the decision, which leaves some unanswered (``is_answered``: (n,)), and
    answer falsely no larger share of what is out of scope, near misses as one half of it, than ``SHARE`` of
    the wanted rate.
    """
    surest_first = np.argsort(-asked.by_words.probabilities, kind="stable")
    gained = np.where(asked.is_in_scope, asked.by_words.is_right * 1.0 - (asked.is_right & is_answered), 0)
    is_as_right = np.cumsum(gained[surest_first]) >= 0
    false_answers = np.cumsum(asked.out_of_scope_halves[surest_first])
    may_end = is_as_right & (false_answers <= SHARE * false_answer_rate)
    may_end[:_LEAST_ANSWERED] = False
    ends = np.flatnonzero(may_end)
    if not len(ends):
        return inf
    return max(_MORE_LIKELY_THAN_NOT, float(asked.by_words.probabilities[surest_first[ends[-1]]]))


def written(fitted: EarlyExit) -> Arrays:
    """What ``read`` reads."""
    parts, learnt = (fitted.embedding.pieces, fitted.embedding.ngrams), fitted.classifier
    return *(array for part in parts for array in (part.names, part.vectors)), learnt.weights, learnt.bias


def read(arrays: Arrays) -> EarlyExit:
    """What was fitted."""
    pieces, piece_vectors, ngrams, ngram_vectors, weights, bias = arrays
    embedding = StaticEmbedding(PartVectors(pieces, piece_vectors), PartVectors(ngrams, ngram_vectors))
    return EarlyExit(embedding, Classifier(weights, bias), inf)

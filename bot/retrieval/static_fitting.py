"""Fits the static embedding to the questions of a knowledge base. Imported only while an index is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.utils.extmath import randomized_svd

from bot.retrieval.lexical import Counted
from bot.retrieval.static_embedding import (
    KNOWN_NGRAMS,
    KNOWN_PIECES,
    LENGTH,
    PartVectors,
    StaticEmbedding,
)
from bot.retrieval.vectors import Vectors, unit

# A piece that makes up this share of all pieces counts half (the "a" of SIF).
_HALVED_AT = 1e-3
# Directions of the latent semantic analysis: fewer see less, more see chance.
_DIRECTIONS = 256
# An n-gram of one text alone goes together with nothing.
_LEAST_TEXTS = 2

PieceVectors = Callable[[Sequence[int]], Vectors]


def fit_static(
    pieces: Sequence[Sequence[int]], counted: Sequence[Counted], piece_vectors: PieceVectors
) -> StaticEmbedding:
    """``pieces`` and ``counted``: of each text; ``piece_vectors`` gives the model's own, (n, dimensions)."""
    return StaticEmbedding(_averaged(pieces, piece_vectors), _latent(counted))


def embed_all(
    embedding: StaticEmbedding, pieces: Sequence[Sequence[int]], counted: Sequence[Counted]
) -> Vectors:
    """(texts, dimensions): what ``StaticEmbedding.embed`` gives, familiar or not, of many texts at once."""
    halves = (_summed(embedding.pieces, _once(pieces)), _summed(embedding.ngrams, counted))
    return LENGTH * np.hstack(halves)


def are_familiar(
    embedding: StaticEmbedding, pieces: Sequence[Sequence[int]], counted: Sequence[Counted]
) -> NDArray[np.bool_]:
    """(texts,): which of them ``StaticEmbedding.embed`` gives vectors."""
    is_known = _known_shares(embedding.pieces, _once(pieces)) >= KNOWN_PIECES
    is_known &= _known_shares(embedding.ngrams, counted) >= KNOWN_NGRAMS
    return is_known


def _known_shares(parts: PartVectors, texts: Sequence[Counted]) -> NDArray[np.float64]:
    known = _matrix([(names, np.ones(len(names), np.float32)) for names, _ in texts], parts.names).sum(axis=1)
    lengths = np.array([len(names) for names, _ in texts])
    shares: NDArray[np.float64] = np.asarray(known).ravel() / np.maximum(lengths, 1)
    return shares


def _once(pieces: Sequence[Sequence[int]]) -> list[Counted]:
    """Word pieces as n-grams are given: each counts 1."""
    return [(np.array(each, np.int64), np.ones(len(each), np.float32)) for each in pieces]


def _summed(parts: PartVectors, texts: Sequence[Counted]) -> Vectors:
    sums: Vectors = _matrix(texts, parts.names) @ parts.vectors.astype(np.float32)
    return unit(sums)


def _averaged(pieces: Sequence[Sequence[int]], piece_vectors: PieceVectors) -> PartVectors:
    """Weighted by rarity, and seen from the middle of all texts."""
    names, seen = np.unique(np.fromiter(chain.from_iterable(pieces), np.int64), return_counts=True)
    weights = (_HALVED_AT / (_HALVED_AT + seen / seen.sum())).astype(np.float32)
    vectors = piece_vectors(names.tolist())
    shares = _matrix(_once(pieces), names) @ diags(weights)
    totals = np.maximum(np.asarray(shares.sum(axis=1)), 1e-9)
    middle = ((shares @ vectors) / totals).mean(axis=0)
    return PartVectors(names, ((vectors - middle) * weights[:, None]).astype(np.float16))


def _latent(counted: Sequence[Counted]) -> PartVectors:
    """Directions in which the texts' n-grams differ most, by tf-idf."""
    buckets = np.concatenate([np.empty(0, np.int64), *(each for each, _ in counted)])
    names, texts = np.unique(buckets, return_counts=True)
    names, texts = names[texts >= _LEAST_TEXTS], texts[texts >= _LEAST_TEXTS]
    rarity = (np.log((1 + len(counted)) / (1 + texts)) + 1).astype(np.float32)
    weighted = _matrix(counted, names) @ diags(rarity)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
    rows = diags(1 / np.maximum(lengths, 1e-9)) @ weighted
    most = min(_DIRECTIONS, *rows.shape)
    _, _, directions = randomized_svd(rows.astype(np.float32), most, n_iter=1, random_state=0)
    return PartVectors(names, (directions.T * rarity[:, None]).astype(np.float16))


def _matrix(texts: Sequence[Counted], names: NDArray[np.int64]) -> csr_matrix:
    """(texts, names): how much each named part counts in each text; others are left out."""
    parts = np.concatenate([np.empty(0, np.int64), *(parts for parts, _ in texts)])
    times = np.concatenate([np.empty(0, np.float32), *(times for _, times in texts)])
    rows = np.repeat(np.arange(len(texts)), [len(parts) for parts, _ in texts])
    places = names.searchsorted(parts)
    known = np.flatnonzero(names.take(places, mode="clip") == parts)
    shape = (len(texts), len(names))
    return csr_matrix((times[known], (rows[known], places[known])), shape, dtype=np.float32)

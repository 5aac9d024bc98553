"""Builds an index version from a knowledge base: embed, centre, train, write. Others publish it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.disk_cache import DiskCache
from bot.domain import Entry, KnowledgeBase, Query
from bot.ports import Embedder, Progress, no_progress
from bot.retrieval import training
from bot.retrieval.cross_validation import Learning
from bot.retrieval.decision import SIGNALS
from bot.retrieval.early_exit_training import Words
from bot.retrieval.faiss_index import PassageIndex, RowKind, Rows
from bot.retrieval.index_files import Texts, write_learnt, write_static, write_texts
from bot.retrieval.learnt_cache import Arrays, LearntCache
from bot.retrieval.lexical import Lexicon, ngram_counts
from bot.retrieval.passages import embedded_passages
from bot.retrieval.training import Trained
from bot.retrieval.training_set import Group, TrainingSet
from bot.retrieval.vectors import Vectors, best_of_all, centred
from bot.retrieval.versions import FORMAT, IndexManifest, VersionStore, checksums
from bot.retrieval.vocabulary_cache import vocabulary_file

Normalise = Callable[[str], Query]
_LANGUAGES = ("zh", "en")
_PRIOR_COUNT = 8
# Cosine from which an everyday question is too close to the knowledge base to count as out of scope.
_ANSWERED_AFTER_ALL = 0.7


@dataclass(frozen=True)
class BuildOptions:
    """What an operator chooses, what the clock says, the name of the version; where what was
    learnt from the questions is kept; the digest of the code that is at work.
    """

    false_answer_rate: float
    now: datetime
    version: str
    vocabularies: DiskCache | None = None
    learnt: DiskCache | None = None
    maker: str = ""


@dataclass(frozen=True)
class _Text:
    """A text to embed, with its language and its entry's number (-1 for the background)."""

    text: str
    language: str
    entry: int


def build_index(
    base: KnowledgeBase,
    embedder: Embedder,
    store: VersionStore,
    normalise: Normalise,
    options: BuildOptions,
    progress: Progress = no_progress,
) -> IndexManifest:
    """Add a version of the knowledge base to the store; whatever is live stays so."""
    with store.workspace() as folder:
        return store.adopt(folder, _write_version(folder, base, embedder, normalise, options, progress))


def training_set(
    base: KnowledgeBase, embedder: Embedder, normalise: Normalise, progress: Progress = no_progress
) -> TrainingSet:
    """What the decision of a version of this knowledge base would be trained on."""
    ids = entry_ids(base)
    texts = _texts(base, ids, normalise)
    vectors, _ = _embed(texts, embedder, progress)
    is_near_miss = np.arange(len(texts[RowKind.BACKGROUND])) < len(base.background)
    return _training_set(texts, vectors, ids, is_near_miss)


@dataclass(frozen=True)
class Questions:
    """Normalised, in the order of a training set's rows; ``entries``: the phrasings' entries by number."""

    phrasings: list[str]
    entries: NDArray[np.intp]
    background: list[str]


def questions(base: KnowledgeBase, normalise: Normalise) -> Questions:
    """Every question of a knowledge base as it is embedded."""
    texts = _texts(base, entry_ids(base), normalise)
    phrasings = texts[RowKind.PHRASING]
    return Questions(
        [text.text for text in phrasings],
        np.array([text.entry for text in phrasings], np.intp),
        [text.text for text in texts[RowKind.BACKGROUND]],
    )


def entry_ids(base: KnowledgeBase) -> tuple[str, ...]:
    """Ids in the order of the entries' numbers; an id that both languages share counts once."""
    return tuple(dict.fromkeys(entry.id for entry in base.entries))


def _write_version(
    folder: Path,
    base: KnowledgeBase,
    embedder: Embedder,
    normalise: Normalise,
    options: BuildOptions,
    progress: Progress,
) -> IndexManifest:
    progress("normalising the questions", 0, 1)
    ids = entry_ids(base)
    texts = _texts(base, ids, normalise)
    progress("normalising the questions", 1, 1)
    vectors, centres = _embed(texts, embedder, progress)
    counts = cache(ngram_counts)
    learning = Learning(LearntCache(options.learnt), counts, Words(embedder, counts))
    is_near_miss = np.arange(len(texts[RowKind.BACKGROUND])) < len(base.background)
    is_near_miss = is_near_miss[_leave_out_answered(texts, vectors, is_near_miss, learning.kept)]
    questions = [text.text for kind in (RowKind.PHRASING, RowKind.BACKGROUND) for text in texts[kind]]
    with ThreadPoolExecutor(1) as pool:
        # Beside the training and the search, whose libraries leave Python to others.
        vocabulary = pool.submit(vocabulary_file, questions, options.vocabularies)
        texts_written = pool.submit(_write_texts, folder, base, ids, normalise)
        trained = training.train(
            _training_set(texts, vectors, ids, is_near_miss),
            false_answer_rate=options.false_answer_rate,
            progress=progress,
            learning=learning,
        )
        progress("writing the version", 0, 1)
        index = PassageIndex.build(vectors, _rows(texts), len(ids))
        index.save(folder)
        arrays = centres | trained.decision.to_arrays() | index.to_arrays()
        if trained.decision.classifier:
            arrays |= _lexicon(tuple(text.text for text in texts[RowKind.PHRASING]), learning)
        if trained.early_exit:
            arrays |= trained.early_exit.to_arrays()
            write_static(folder, trained.early_exit.embedding)
        write_learnt(folder, arrays, vocabulary.result())
        texts_written.result()
    progress("writing the version", 1, 1)
    return _manifest(folder, base, embedder, options, texts, trained, index.facts)


def _lexicon(phrasings: tuple[str, ...], learning: Learning) -> dict[str, NDArray[Any]]:
    def lexicon() -> Arrays:
        made = Lexicon.build(phrasings, learning.counts)
        return made.starts, made.postings, made.rarity

    starts, postings, rarity = learning.kept.arrays((phrasings,), lexicon)
    return Lexicon(starts, postings, rarity, len(phrasings)).to_arrays()


def _write_texts(folder: Path, base: KnowledgeBase, ids: tuple[str, ...], normalise: Normalise) -> None:
    write_texts(folder, Texts(base.entries, ids, _exact_keys(base.entries, normalise), base.sources))


def _texts(base: KnowledgeBase, ids: tuple[str, ...], normalise: Normalise) -> dict[RowKind, list[_Text]]:
    number = {entry_id: n for n, entry_id in enumerate(ids)}
    background = [normalise(phrasing.text) for phrasing in (*base.background, *base.everyday)]
    return {
        RowKind.PHRASING: [
            _Text(normalise(question).text, entry.language, number[entry.id])
            for entry in base.entries
            for question in entry.questions
        ],
        RowKind.PASSAGE: [
            _Text(passage, entry.language, number[entry.id])
            for entry in base.entries
            for passage in embedded_passages(entry)
        ],
        RowKind.BACKGROUND: [_Text(query.text, query.language.knowledge, -1) for query in background],
    }


def _leave_out_answered(
    texts: dict[RowKind, list[_Text]],
    vectors: dict[RowKind, Vectors],
    is_near_miss: NDArray[np.bool_],
    kept: LearntCache,
) -> NDArray[np.bool_]:
    """Drop everyday questions that the knowledge base comes close to: it may well answer them.

    What the operator wrote stays, however close. Returns which background questions were kept.
    """
    kind = RowKind.BACKGROUND
    if not texts[kind]:
        return np.empty(0, bool)
    background, phrasings = vectors[kind], vectors[RowKind.PHRASING]

    def nearness() -> Arrays:
        return (best_of_all(background, phrasings),)

    (nearest,) = kept.arrays((background, phrasings), nearness)
    is_outside = is_near_miss | (nearest < _ANSWERED_AFTER_ALL)
    vectors[kind] = vectors[kind][is_outside]
    texts[kind] = [text for text, keep in zip(texts[kind], is_outside, strict=True) if keep]
    left: NDArray[np.bool_] = is_outside
    return left


def _embed(
    texts: dict[RowKind, list[_Text]], embedder: Embedder, progress: Progress
) -> tuple[dict[RowKind, Vectors], dict[str, Vectors]]:
    """Centred vectors of every kind, and the centres by name."""
    raw = {
        kind: (embedder.embed_passages if kind is RowKind.PASSAGE else embedder.embed_queries)(
            [text.text for text in items], progress
        )
        for kind, items in texts.items()
    }
    centres: dict[str, Vectors] = {}
    for language in _LANGUAGES:
        queries = [
            raw[kind][_in_language(texts[kind], language)] for kind in (RowKind.PHRASING, RowKind.BACKGROUND)
        ]
        everything = np.vstack([raw[RowKind.PHRASING], raw[RowKind.BACKGROUND]])
        of_queries = _centre(np.vstack(queries), everything.mean(axis=0))
        passages = raw[RowKind.PASSAGE][_in_language(texts[RowKind.PASSAGE], language)]
        centres[f"query_centre_{language}"] = of_queries
        centres[f"passage_centre_{language}"] = _centre(passages, of_queries)
    return {kind: _centred(raw[kind], texts[kind], kind, centres) for kind in texts}, centres


def _in_language(items: list[_Text], language: str) -> NDArray[np.bool_]:
    return np.array([item.language == language for item in items], bool)


def _centre(vectors: Vectors, prior: Vectors) -> Vectors:
    """The mean, drawn towards a prior as if that had been seen a few times: one text has no middle."""
    total: Vectors = vectors.sum(axis=0) + _PRIOR_COUNT * prior
    return total / np.float32(len(vectors) + _PRIOR_COUNT)


def _centred(vectors: Vectors, items: list[_Text], kind: RowKind, centres: dict[str, Vectors]) -> Vectors:
    name = "passage" if kind is RowKind.PASSAGE else "query"
    seen = np.empty_like(vectors)
    for language in _LANGUAGES:
        rows = _in_language(items, language)
        seen[rows] = centred(vectors[rows], centres[f"{name}_centre_{language}"])
    return seen


def _training_set(
    texts: dict[RowKind, list[_Text]],
    vectors: dict[RowKind, Vectors],
    ids: tuple[str, ...],
    is_near_miss: NDArray[np.bool_],
) -> TrainingSet:
    groups = {
        kind: Group(
            tuple(text.text for text in items),
            vectors[kind],
            np.array([text.entry for text in items], np.intp),
        )
        for kind, items in texts.items()
    }
    phrasings, passages, background = (groups[kind] for kind in RowKind)
    return TrainingSet(ids, phrasings, passages, background, is_near_miss)


def _rows(texts: dict[RowKind, list[_Text]]) -> Rows:
    kinds = np.repeat(np.array([*texts], np.int8), [len(items) for items in texts.values()])
    return Rows(kinds, np.array([text.entry for items in texts.values() for text in items], np.int32))


def _exact_keys(entries: Iterable[Entry], normalise: Normalise) -> dict[str, str]:
    """Key of every phrasing -> entry id; the first entry keeps a phrasing that two of them claim."""
    exact: dict[str, str] = {}
    for entry in entries:
        for question in entry.questions:
            exact.setdefault(normalise(question).key, entry.id)
    return exact


def _manifest(
    folder: Path,
    base: KnowledgeBase,
    embedder: Embedder,
    options: BuildOptions,
    texts: dict[RowKind, list[_Text]],
    trained: Trained,
    search: dict[str, dict[str, Any]],
) -> IndexManifest:
    return IndexManifest(
        format=FORMAT,
        version=options.version,
        built_at=options.now.isoformat(timespec="seconds"),
        model=embedder.model,
        model_checksum=embedder.checksum,
        dimensions=embedder.dimensions,
        knowledge_digest=base.digest,
        counts={"entries": len(entry_ids(base))}
        | {kind.name.lower(): len(items) for kind, items in texts.items()},
        false_answer_rate=options.false_answer_rate,
        calibration=_calibration(trained),
        search=search,
        files=checksums(folder),
        maker=options.maker,
    )


def _calibration(trained: Trained) -> dict[str, Any]:
    decision = trained.decision
    return {
        "answer_threshold": decision.answer_threshold,
        "clarify_threshold": decision.clarify_threshold,
        "held_out_hit_at_1": trained.held_out_hit_at_1,
        "coverage": trained.coverage,
        "answered_by_words": trained.answered_by_words,
        "false_answer_rate": trained.false_answer_rate,
        "gate": dict(zip(SIGNALS, decision.gate.weights.tolist(), strict=True)),
        "reliability": [asdict(decile) for decile in trained.reliability],
        "curve": [asdict(point) for point in trained.curve],
    }

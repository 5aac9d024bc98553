"""One index version in memory: it embeds a query, finds the nearest entries and knows how sure it is."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.domain import Entry, Hit, Language, Query, Ranking, Source, Stage, Vocabulary
from bot.errors import IndexUnusableError
from bot.ports import Embedder, ObserveStage, unobserved
from bot.retrieval.decision import SIGNALS, Decision, Evidence, Judgement, lengths
from bot.retrieval.faiss_index import SCORED_WHOLE, Cosines, PassageIndex
from bot.retrieval.index_files import Parts, StoredContents, read_contents
from bot.retrieval.lexical import Lexicon, ngram_counts
from bot.retrieval.vectors import Groups, Vectors, centred
from bot.retrieval.versions import REMEDY, IndexManifest, VersionStore
from bot.stopwatch import Stopwatch

TOP_HITS = 10
_LATEST_KEYS = 256


@dataclass(frozen=True)
class _Words:
    """How alike each entry's words are to a query's, (1, entries), None = not looked at; its length, (1,)."""

    lexical: Vectors | None
    length: Vectors


class LoadedIndex:
    """A verified version with the embedder it was built for. Thread-safe: nothing in it changes."""

    def __init__(
        self,
        manifest: IndexManifest,
        contents: StoredContents,
        passage_index: PassageIndex,
        embedder: Embedder,
    ) -> None:
        self.version = manifest.version
        self.digest = manifest.knowledge_digest
        self.model = manifest.model
        self.built_at = manifest.built_at
        self._contents = contents
        # Asked twice for each question: first whether it is a phrasing.
        self._exact = lru_cache(_LATEST_KEYS)(contents.exact.get)
        self._index = passage_index
        self.embedder = embedder
        # Asked twice of what its words alone do not tell.
        self._counted = lru_cache(_LATEST_KEYS)(ngram_counts)
        self._observe: ObserveStage = unobserved
        self._decision = Decision.from_arrays(contents.arrays)
        self._lexicon = Lexicon.from_arrays(contents.arrays) if self._decision.classifier else None
        # Phrasings are the first rows of the index, in the order of the lexicon's.
        rows = contents.arrays["row_entries"][: self._lexicon.row_count if self._lexicon else 0]
        self._owners = Groups.of(rows, len(contents.entry_ids))
        # Of few entries the ids are at hand; of many each is read when it is needed.
        is_small = len(contents.entry_ids) <= SCORED_WHOLE
        self._ids = tuple(contents.entry_ids) if is_small else contents.entry_ids

    def observed(self, observe: ObserveStage) -> LoadedIndex:
        """The same version; ``observe`` is told how long each stage of ranking takes."""
        other = copy.copy(self)
        other._observe = observe
        return other

    @property
    def answer_threshold(self) -> float:
        """Confidence from which the best hit is the answer."""
        return self._decision.answer_threshold

    @property
    def clarify_threshold(self) -> float:
        """Confidence from which the nearest entries are worth offering as questions."""
        return self._decision.clarify_threshold

    @property
    def entries(self) -> Sequence[Entry]:
        """Every entry of every language, in the order of the knowledge base; parsed when one is looked at."""
        return self._contents.entries

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source that an entry may name."""
        return self._contents.sources

    @property
    def vocabulary(self) -> Vocabulary:
        """What its questions are written with."""
        return self._contents.vocabulary

    def rank(self, query: Query) -> Ranking:
        """Entries nearest to a query, best first; a phrasing met exactly is certain."""
        if exact := self._exact(query.key):
            return Ranking((Hit(exact, 1.0),), confidence=1.0, is_exact=True)
        watch = Stopwatch(self._observe)
        # Embedding empties the processor's caches: what does not need the vector is faster before it.
        words = self._worded(query.text)
        watch.interrupted(Stage.RETRIEVAL)
        vector = self._centred(query)
        watch.ended(Stage.EMBEDDING)
        return self._ranked(words, vector, watch)

    def rank_by_words(self, query: Query) -> Ranking | None:
        """The same by the words alone, where they make an entry sure enough; see ``early_exit``."""
        early = self._contents.early_exit
        if early is None or self.is_phrasing(query):
            return None
        watch = Stopwatch(self._observe)
        (pieces,) = self.embedder.pieces([query.text])
        beliefs = early.beliefs(pieces, self._counted(query.text))
        if beliefs is None:
            return None
        order = np.argsort(-beliefs, kind="stable")[:TOP_HITS]
        hits = tuple(map(Hit, (self._ids[i] for i in order.tolist()), beliefs[order].tolist()))
        watch.ended(Stage.DECISION)
        watch.tell()
        return Ranking(hits, math.exp(hits[0].score), is_by_words=True)

    def is_phrasing(self, query: Query) -> bool:
        """Whether it is one of an entry's, word for word."""
        return self._exact(query.key) is not None

    def rank_vector(self, query: Query, vector: Vectors) -> Ranking:
        """The ranking of a query that is no phrasing, whose centred vector (dimensions,) is known."""
        return self._ranked(self._worded(query.text), vector, Stopwatch(unobserved))

    def _ranked(self, words: _Words, vector: Vectors, watch: Stopwatch) -> Ranking:
        found = self._index.search(vector)
        evidence = self._evidence(words, vector, found)
        watch.ended(Stage.RETRIEVAL)
        judgement = self._decision.judge(evidence)
        signals = tuple(zip(SIGNALS, judgement.signals, strict=True))
        ranking = Ranking(self._best(judgement, evidence, found), judgement.confidence, signals=signals)
        watch.ended(Stage.DECISION)
        watch.tell()
        return ranking

    def centre(self, language: Language) -> Vectors:
        """(dimensions,) the middle of this language's questions."""
        found: Vectors = self._contents.arrays[f"query_centre_{language.knowledge}"]
        return found

    def known_phrasings(self, most: int) -> tuple[Vectors, NDArray[np.int32]]:
        """Centred vectors (n, dimensions) of the first ``most`` phrasings, and their entries (n,)."""
        return self._index.phrasings(most)

    def _centred(self, query: Query) -> Vectors:
        centre = self.centre(query.language)
        return centred(self.embedder.embed_queries([query.text])[0], centre)

    def _worded(self, text: str) -> _Words:
        return _Words(self._lexical(text), lengths([text]))

    def _evidence(self, words: _Words, vector: Vectors, found: Cosines) -> Evidence:
        return Evidence(
            found.phrasings,
            found.passages,
            np.zeros_like(found.phrasings) if words.lexical is None else words.lexical,
            self._decision.beliefs(vector[None]),
            found.background,
            words.length,
        )

    def _lexical(self, text: str) -> Vectors | None:
        """(1, entries) cosines over words; None where the decision does not use them."""
        return None if self._lexicon is None else self._lexicon.best(self._counted(text), self._owners)[None]

    def _best(self, judgement: Judgement, evidence: Evidence, found: Cosines) -> tuple[Hit, ...]:
        order = judgement.order[:TOP_HITS]
        ids = [self._ids[i] for i in found.entries[order].tolist()]
        return tuple(map(Hit, ids, judgement.scores[order].tolist(), evidence.closeness(order)))

    def entry(self, entry_id: str, language: Language) -> Entry | None:
        """The entry in this language's knowledge, else in the other one."""
        own, other = ("en", "zh") if language is Language.ENGLISH else ("zh", "en")
        find = self._contents.entries.find
        return find(entry_id, own) or find(entry_id, other)


def load_index(
    store: VersionStore, version: str, embedder: Embedder, parts: Parts | None = None
) -> LoadedIndex:
    """Load a version, but for the parts that another one in use has as well.

    Raises IndexUnusableError (or a kind of it) unless the version is whole and fits the model.
    """
    manifest = store.verified(version)
    manifest.require("model_checksum", embedder.checksum)
    manifest.require("dimensions", embedder.dimensions)
    try:
        return _read(store.folder / version, manifest, embedder, parts or Parts())
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, BadZipFile) as error:
        raise IndexUnusableError(
            "index %(version)s cannot be read (%(error)s); %(remedy)s",
            version=version,
            error=error,
            remedy=REMEDY,
        ) from error


def _read(folder: Path, manifest: IndexManifest, embedder: Embedder, parts: Parts) -> LoadedIndex:
    contents = read_contents(folder, parts.reader(manifest.files))
    index = PassageIndex.load(folder, contents.arrays, len(contents.entry_ids))
    return LoadedIndex(manifest, contents, index, embedder)

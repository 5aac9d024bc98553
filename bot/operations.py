"""What an operator can have done: prepare the model, lint the knowledge, build the index.

What only they need (torch, scikit-learn) is imported when it is needed: web workers stay light.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from bot.answering import normal_forms
from bot.answering.answerer import Answerer
from bot.answering.normal_forms import NormalForms
from bot.answering.normalising import detect_language, normalise
from bot.answering.script import to_simplified
from bot.build_result import BuildResult, Order
from bot.checks import checks_digest, read_checks
from bot.disk_cache import DiskCache
from bot.domain import IndexState
from bot.errors import ModelError, SettingsError
from bot.knowledge import lint, loader, parse_cache
from bot.knowledge.markdown import Problem
from bot.knowledge.parse_cache import CachedParser
from bot.ports import Embedder, ObserveStage, Progress, unobserved
from bot.pruning import check_runs, prune
from bot.publishing import Publisher, Source
from bot.publishing_rejected import Approval, publish_rejected
from bot.retrieval import vocabulary_cache
from bot.retrieval.embedding_cache import CachedEmbedder, cache_file
from bot.retrieval.history import is_built
from bot.retrieval.index_files import Parts
from bot.retrieval.live_index import LiveIndex
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.retrieval.locking import Holder, build_lock
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.prepared_model import (
    ORIGINAL,
    PreparedModel,
    load_prepared,
    load_with_checksum,
    prepared_forms,
)
from bot.retrieval.versions import IndexManifest, Ingredients, VersionStore
from bot.rolling_back import RolledBack, roll_back
from bot.sentences import Sentence
from bot.settings import Settings
from bot.version_diff import VersionDiff, diff
from bot.versions_overview import place_of, resolve

if TYPE_CHECKING:
    from bot.knowledge.importing import ImportReport
    from bot.retrieval.tuning import TuningResult

# Chinese, pinyin and a misspelt word: goes through everything that a question may go through.
_FIRST_QUESTION = "预热 yure wnat"


@dataclass(frozen=True)
class TableChoices:
    """How a table is to be imported: a workbook's sheet (None: the first), at most how many rows."""

    sheet: str | None
    max_rows: int
    dry_run: bool


@dataclass(frozen=True)
class Operations:
    """The product's parts, put together for one set of settings."""

    settings: Settings

    @property
    def store(self) -> VersionStore:
        """The index folder."""
        return VersionStore(self.settings.index_dir)

    def live_index(
        self,
        observe: Callable[[IndexState], None] = lambda state: None,
        observe_stage: ObserveStage = unobserved,
    ) -> LiveIndex:
        """The version that serves, with an embedder that is loaded on first use.

        ``observe`` is told of every other version, ``observe_stage`` of every stage of ranking.
        """

        def load(version: str) -> LoadedIndex:
            return self._load(version).observed(observe_stage)

        return LiveIndex(self.store, load, observe=observe)

    @cached_property
    def _load(self) -> _IndexLoader:
        """One for all who load in this process, so that they share the model."""
        return _IndexLoader(self)

    def live_calibration(self) -> dict[str, Any]:
        """How the live version's decision was calibrated; raises IndexUnusableError when there is none."""
        return self.store.verified(self.store.current()).calibration

    def prepare_model(self, progress: Progress) -> PreparedModel:
        """The prepared model, made now if needed."""
        preparation = importlib.import_module("bot.retrieval.preparation")
        prepared: PreparedModel = preparation.prepare(self.settings.cache_dir, self.settings.model, progress)
        return prepared

    def embedder(self, threads: int = 1) -> Embedder:
        """The embedder to build with; raises ModelError when it is not prepared."""
        if not self._is_prepared_form:
            module = importlib.import_module("bot.retrieval.sentence_embedder")
            original: Embedder = module.SentenceTransformerEmbedder(self.settings.model)
            return original
        prepared = load_prepared(self.settings.cache_dir, self.settings.model, self.store.model_in_use())
        return OnnxEmbedder(prepared, threads=threads)

    def caching_embedder(self) -> Embedder:
        """The same on all cores, asked only for what no command embedded before; loaded once a process."""
        form = self.store.model_in_use()
        if form not in self._embedders:
            embedder = self.embedder(threads=0)
            _load_meanwhile(embedder)
            self._embedders[form] = self.remembering(embedder)
        return self._embedders[form]

    @cached_property
    def _embedders(self) -> dict[str, Embedder]:
        """By the name of the model's form: whoever builds again and again loads it once."""
        return {}

    def remembering(self, embedder: Embedder) -> Embedder:
        """The same, asked only for what no process embedded before."""
        return CachedEmbedder(embedder, DiskCache(cache_file(self.settings.cache_dir, embedder.checksum)))

    @property
    def _is_prepared_form(self) -> bool:
        return self.settings.embedder == "onnx"

    def embedder_of(self, checksum: str) -> Embedder | None:
        """The embedder that a version was built with, whichever is in use now; None if it is not there.

        Raises ModelError when its files are damaged.
        """
        if not self._is_prepared_form:
            return None
        prepared = load_with_checksum(self.settings.cache_dir, self.settings.model, checksum)
        return OnnxEmbedder(prepared) if prepared else None

    def tune_model(self, progress: Progress, learning_rate: float) -> TuningResult:
        """Tune the model to the knowledge folder and use the result from now on if it gains."""
        self._require_prepared_form()
        base = loader.load(self.settings.knowledge_dir)
        original = self.prepare_model(progress)
        progress("importing the model libraries", 0, 1)
        tuning = importlib.import_module("bot.retrieval.tuning")
        untuned = tuning.Untuned(original, self.remembering(OnnxEmbedder(original, threads=0)))
        recipe = tuning.Recipe(learning_rate=learning_rate)
        options = tuning.TuningOptions(self.settings.false_answer_rate, _now(), recipe)
        result: TuningResult = tuning.tune_model(base, untuned, normalise, options, progress)
        if result.adopted:
            self.store.use_model(result.adopted.name)
        return result

    def models(self) -> list[PreparedModel]:
        """The model's prepared forms: the original and the tuned ones."""
        return prepared_forms(self.settings.cache_dir, self.settings.model)

    def use_model(self, name: str) -> PreparedModel:
        """Build with this form from now on; raises ModelError unless it is there and whole."""
        self._require_prepared_form()
        names = [prepared.name for prepared in self.models()]
        if name not in names:
            raise ModelError(
                "there is no model %(name)s; there are: %(known)s",
                name=name,
                known=", ".join(names) or Sentence("none"),
            )
        prepared = load_prepared(self.settings.cache_dir, self.settings.model, name)
        self.store.use_model(name)
        return prepared

    def _require_prepared_form(self) -> None:
        if not self._is_prepared_form:
            raise SettingsError(
                "BOT_EMBEDDER=%(embedder)s runs the original as it is; a tuned model needs BOT_EMBEDDER=onnx",
                embedder=self.settings.embedder,
            )

    def lint(self, *, with_embedder: bool) -> list[Problem]:
        """Everything wrong with the knowledge base."""
        embed = self.caching_embedder().embed_queries if with_embedder else None
        return lint.lint(self.settings.knowledge_dir, normalise, embed, self.parser())

    def build(self, progress: Progress, order: Order = Order(), *, wait: bool = False) -> BuildResult:  # noqa: B008 - frozen
        """Build a version from the knowledge folder; publish it if it passes the gate, else keep it aside.

        Raises IndexBusyError while another process builds, unless this is to ``wait``; KnowledgeError,
        ModelError, EvaluationFileError and IndexUnusableError when nothing can be built.
        """
        told = (
            (lambda other: progress(Sentence("waiting for %(other)s", other=other), 0, 1)) if wait else None
        )
        folder = self.settings.index_dir
        with (
            _seldom_collecting(),
            _on_one_core(),
            build_lock(folder, Holder(os.getpid(), order.by, _now().isoformat(timespec="seconds")), told),
        ):
            source = self._source(progress)
            publisher = Publisher(
                self.store,
                source,
                order,
                keep=self.settings.keep_versions,
                clock=_now,
                progress=progress,
            )
            return publisher.build()

    def _source(self, progress: Progress) -> Source:
        """What versions are made from now; the knowledge is read when it is needed."""
        folder = self.settings.knowledge_dir
        progress("reading the knowledge", 0, 1)
        with ThreadPoolExecutor(1) as pool:
            # Beside the reading: the model's files are compared on another core.
            loading = pool.submit(self.caching_embedder)
            checks, base = read_checks(folder), loader.load(folder, self.parser())
            embedder = self._loaded(loading, progress)
        progress("reading the knowledge", 1, 1)
        forms = NormalForms(base, DiskCache(normal_forms.cache_file(self.settings.cache_dir)))
        learnt_cache = importlib.import_module("bot.retrieval.learnt_cache")
        maker = (normal_forms.maker_digest() + learnt_cache.learner_digest()).hex()

        def build(store: VersionStore, version: str, now: datetime) -> IndexManifest:
            building = importlib.import_module("bot.retrieval.building")
            options = building.BuildOptions(
                self.settings.false_answer_rate,
                now,
                version,
                vocabularies=DiskCache(vocabulary_cache.cache_file(self.settings.cache_dir)),
                learnt=DiskCache(learnt_cache.cache_file(self.settings.cache_dir), learnt_cache.LIMITS),
                maker=maker,
            )
            made: IndexManifest = building.build_index(base, embedder, store, forms, options, progress)
            return made

        return Source(
            Ingredients(base.digest, embedder.checksum, self.settings.false_answer_rate, maker),
            checks,
            lint=lambda: lint.problems_of(base, forms),
            build=build,
            load=lambda store, version: load_index(store, version, embedder),
            load_live=self._load,
        )

    def _loaded(self, loading: Future[Embedder], progress: Progress) -> Embedder:
        """What was being loaded; the original form of the model is made if it is not there."""
        try:
            return loading.result()
        except ModelError:
            if not self._is_prepared_form or self.store.model_in_use() != ORIGINAL:
                raise
        self.prepare_model(progress)
        return self.caching_embedder()

    def roll_back(self, version: str, by: str, reason: str = "") -> RolledBack:
        """Make an older version live, by default the one before; raises as the function of that name."""
        store = self.store
        name = resolve(store, version) if version else ""
        return roll_back(store, name, by, _now(), self._load, reason)

    def publish_rejected(self, version: str, approval: Approval) -> str:
        """Make a rejected version live; raises as the function of that name, and IndexMissingError."""
        store = self.store
        return publish_rejected(store, resolve(store, version), approval, _now(), self.load_version)

    def load_version(self, version: str) -> LoadedIndex:
        """Load any version, rejected or not; raises IndexUnusableError or ModelError unless it is whole."""
        return self._load.from_store(place_of(self.store, version), version)

    def diff_versions(self, before: str, after: str) -> VersionDiff:
        """What changed between two versions; raises IndexUnusableError where one cannot be read."""
        runs = [check_runs(self.store).of(version) for version in (before, after)]
        return diff(self.store, before, after, runs)

    def prune(self, keep: int | None) -> list[str]:
        """Delete old versions beyond ``keep``, by default the setting's; their names."""
        return prune(self.store, self.settings.keep_versions if keep is None else keep, _now())

    def is_built(self) -> bool:
        """Whether the last build was made from the knowledge and the checks as they are now.

        It may have been rejected, or rolled back from since: only a change is worth another build.
        """
        store, folder = self.store, self.settings.knowledge_dir
        made_from = loader.digest(folder), checks_digest(folder)
        return is_built(store.history.events(), store.current_name(), *made_from)

    def parser(self) -> loader.Parse:
        """Parses only the knowledge files that have changed."""
        return CachedParser(DiskCache(parse_cache.cache_file(self.settings.cache_dir)))

    def import_table(
        self, file: Path, folder: Path, choices: TableChoices, progress: Progress
    ) -> tuple[ImportReport, Path | None]:
        """Merge a table into a knowledge folder; also the file with the rows left out, if there are any."""
        importing = importlib.import_module("bot.knowledge.importing")
        reading = importlib.import_module("bot.knowledge.table_reading")
        exporting = importlib.import_module("bot.knowledge.exporting")
        languages = importing.Languages(detect_language, to_simplified)
        table = reading.read_table(file, sheet=choices.sheet, max_rows=choices.max_rows)
        report: ImportReport = importing.import_table(
            table, folder, languages, dry_run=choices.dry_run, progress=progress
        )
        rejected_file = file.with_name(file.name + ".rejected.csv")
        if choices.dry_run or not report.merged.rejected:
            return report, None
        exporting.write_rejected(rejected_file, report.merged.rejected)
        return report, rejected_file

    def export_table(self, file: Path, folder: Path | None) -> int:
        """Write the entries of a folder, the product's own by default, to a table; how many."""
        exporting = importlib.import_module("bot.knowledge.exporting")
        entries = loader.load(folder or self.settings.knowledge_dir).entries
        exporting.write_table(file, entries)
        return len(entries)

    def knowledge_digest(self) -> str:
        """Digest of the knowledge folder as it is now."""
        return loader.digest(Path(self.settings.knowledge_dir))


def _load_meanwhile(embedder: Embedder) -> None:
    """Load the model beside whatever comes before the first text that no cache holds.

    A first text takes many times as long as the others.
    """

    def load() -> None:
        with suppress(Exception):  # it is tried again, and told, when it is needed
            if isinstance(embedder, OnnxEmbedder):
                embedder.embed_queries([_FIRST_QUESTION])

    Thread(target=load, name="model").start()


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A build makes millions of values that live until its end: it spends half its time looking through
    them for garbage if it is let to.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Matrices of a build are small: threads that share them spend more time waiting than they save, on
    cores that answer customers meanwhile.
    """
    threadpoolctl = importlib.import_module("threadpoolctl")
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        yield


def _now() -> datetime:
    return datetime.now(UTC)


class _IndexLoader:
    """Loads versions, each with the model it was built with; versions share the embedder and what else
    they have in common. Each has answered a question before it serves: the first one takes longer.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._embedder: Embedder | None = None
        self._parts = Parts()

    def __call__(self, version: str) -> LoadedIndex:
        loaded = self.from_store(self._operations.store, version)
        Answerer(lambda: loaded).answer(_FIRST_QUESTION)
        return loaded

    def from_store(self, store: VersionStore, version: str) -> LoadedIndex:
        # Two threads may load at once: each goes on with the embedder that it found.
        embedder = self._embedder = self._embedder_of(store.manifest(version).model_checksum)
        return load_index(store, version, embedder, self._parts)

    def _embedder_of(self, checksum: str) -> Embedder:
        """Any embedder where that model is gone: loading the index then says what does not fit."""
        if self._embedder is not None and self._embedder.checksum == checksum:
            return self._embedder
        return self._operations.embedder_of(checksum) or self._embedder or self._operations.embedder()

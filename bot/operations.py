"""What an operator can have done: prepare the model, lint the knowledge, build the index.

What only they need (torch, scikit-learn) is imported when it is needed: web workers stay light.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answering.normalising import detect_language, normalise
from bot.answering.script import to_simplified
from bot.disk_cache import DiskCache
from bot.errors import ModelError, SettingsError
from bot.knowledge import lint, loader
from bot.knowledge.markdown import Problem
from bot.ports import Embedder, Progress
from bot.retrieval.embedding_cache import CachedEmbedder, cache_file
from bot.retrieval.live_index import LiveIndex
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.prepared_model import (
    ORIGINAL,
    PreparedModel,
    load_prepared,
    load_with_checksum,
    prepared_forms,
)
from bot.retrieval.versions import VersionStore
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.knowledge.importing import ImportReport
    from bot.retrieval.building import BuildResult
    from bot.retrieval.tuning import TuningResult


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

    def live_index(self, clock: Callable[[], float] = time.monotonic) -> LiveIndex:
        """The version that serves, with an embedder that is loaded on first use."""
        return LiveIndex(self.store, _IndexLoader(self), clock)

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
        """The same on all cores, asked only for what no command has embedded before."""
        return self._cached(self.embedder(threads=0))

    def _cached(self, embedder: Embedder) -> Embedder:
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
        untuned = tuning.Untuned(original, self._cached(OnnxEmbedder(original, threads=0)))
        recipe = tuning.Recipe(learning_rate=learning_rate)
        options = tuning.TuningOptions(self.settings.false_answer_rate, datetime.now(UTC), recipe)
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
            raise ModelError(f"there is no model {name}; there are: {', '.join(names) or 'none'}")
        prepared = load_prepared(self.settings.cache_dir, self.settings.model, name)
        self.store.use_model(name)
        return prepared

    def _require_prepared_form(self) -> None:
        if not self._is_prepared_form:
            raise SettingsError(
                f"BOT_EMBEDDER={self.settings.embedder} runs the original as it is; "
                "a tuned model needs BOT_EMBEDDER=onnx"
            )

    def lint(self, *, with_embedder: bool) -> list[Problem]:
        """Everything wrong with the knowledge base."""
        embed = self.caching_embedder().embed_queries if with_embedder else None
        return lint.lint(self.settings.knowledge_dir, normalise, embed)

    def build(self, progress: Progress, *, force: bool) -> BuildResult:
        """Build a version from the knowledge folder and publish it."""
        base = loader.load(self.settings.knowledge_dir)
        if self._is_prepared_form and self.store.model_in_use() == ORIGINAL:
            self.prepare_model(progress)
        building = importlib.import_module("bot.retrieval.building")
        result: BuildResult = building.build_index(
            base,
            self.caching_embedder(),
            self.store,
            normalise,
            building.BuildOptions(self.settings.false_answer_rate, datetime.now(UTC), force),
            progress,
        )
        return result

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


class _IndexLoader:
    """Loads versions, each with the model it was built with; versions of one model share its embedder."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._embedder: Embedder | None = None

    def __call__(self, version: str) -> LoadedIndex:
        self._embedder = self._embedder_of(self._operations.store.manifest(version).model_checksum)
        return load_index(self._operations.store, version, self._embedder)

    def _embedder_of(self, checksum: str) -> Embedder:
        """Any embedder where that model is gone: loading the index then says what does not fit."""
        if self._embedder is not None and self._embedder.checksum == checksum:
            return self._embedder
        return self._operations.embedder_of(checksum) or self._embedder or self._operations.embedder()

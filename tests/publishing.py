"""Builds through the gate with an embedder that needs no model: knowledge and checks are given as values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from bot.answering.normalising import normalise
from bot.build_result import BuildResult, Order, Override
from bot.checks import Checks
from bot.domain import KnowledgeBase
from bot.evaluation import Dialogue, Labelled
from bot.knowledge import lint
from bot.publishing import Publisher, Source
from bot.retrieval.building import BuildOptions, build_index
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.retrieval.versions import IndexManifest, Ingredients, VersionStore
from tests.retrieval.fakes import FEES, NAMES, NOON, REVIEW, HashEmbedder, knowledge

RATE = 0.25
FORCED = Override("mei", "the shop opens today")
FIRST = Override("mei", "first", only_first=True)
# Phrasings as they stand, so that every version that has the entry meets them.
MET = Labelled("怎么改名", ("names",))
UNMET = Labelled("审核要多久", ("names",))


class Desk:
    """An index folder and an operator who builds every minute."""

    def __init__(self, folder: Path) -> None:
        self.store = VersionStore(folder)
        self.now = NOON
        self.maker = ""
        self.built = 0
        self.asked_of_live: list[str] = []

    def build(
        self,
        base: KnowledgeBase | None = None,
        *,
        checks: Iterable[Labelled | Dialogue] = (),
        override: Override | None = None,
        again: bool = False,
        embedder: HashEmbedder | None = None,
        keep: int = 5,
    ) -> BuildResult:
        """One build a minute after the last; checks in another order are other checks."""
        self.now += timedelta(minutes=1)
        lines = tuple(checks)
        source = self.source(base or knowledge(FEES, NAMES, REVIEW), lines, embedder or HashEmbedder())
        order = Order("mei", again, override)
        return Publisher(self.store, source, order, keep=keep, clock=lambda: self.now).build()

    def source(self, base: KnowledgeBase, lines: tuple, embedder: HashEmbedder) -> Source:
        """What a build needs of this knowledge."""

        def build(store: VersionStore, version: str, now: datetime) -> IndexManifest:
            self.built += 1
            return build_index(
                base,
                embedder,
                store,
                normalise,
                BuildOptions(RATE, now, version, maker=self.maker),
            )

        def load_live(version: str) -> LoadedIndex:
            self.asked_of_live.append(version)
            return load_index(self.store, version, HashEmbedder())

        return Source(
            Ingredients(base.digest, embedder.checksum, RATE, self.maker),
            Checks(lines, str(hash(lines)) if lines else ""),
            lambda: lint.problems_of(base, normalise),
            build,
            lambda store, version: load_index(store, version, embedder),
            load_live,
        )

    def names(self) -> list[str]:
        """What lies in the folder, visible or not, but for the locks."""
        return sorted(p.name for p in self.store.folder.iterdir() if not p.name.endswith(".lock"))

"""Builds aside, checks, then publishes or rejects: customers meet only what passed, or what somebody forced.

Whoever calls this holds the build lock; only a roll-back may move the pointer meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot import build_report
from bot.build_result import BuildResult, FailedCheck, GateResult, Order, Outcome, Override
from bot.checks import CheckResult, CheckRun, Checks, ask, lines_of
from bot.errors import IndexUnusableError, ModelError
from bot.knowledge.markdown import Problem
from bot.ports import Progress, no_progress
from bot.pruning import check_runs, forget_rejection, keep_rejection, prune
from bot.retrieval.history import Action, Event, last_attempt
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.locking import pointer_lock
from bot.retrieval.versions import IndexManifest, Ingredients, VersionStore, writing
from bot.sentences import joined


@dataclass(frozen=True)
class Source:
    """What versions are made from, and how.

    ``build`` adds the version of a name to a store; ``load`` loads one from a store with the model of
    the build, ``load_live`` the live one with its own. ``lint`` gives all problems of the knowledge.
    """

    ingredients: Ingredients
    checks: Checks
    lint: Callable[[], list[Problem]]
    build: Callable[[VersionStore, str, datetime], IndexManifest]
    load: Callable[[VersionStore, str], LoadedIndex]
    load_live: Callable[[str], LoadedIndex]


@dataclass(frozen=True)
class _Candidate:
    """A loaded version and the folder it is in."""

    store: VersionStore
    manifest: IndexManifest
    index: LoadedIndex

    @property
    def version(self) -> str:
        return self.manifest.version


class Publisher:
    """One build of one source; ``keep``: how many old versions stay; ``clock`` gives the time of day."""

    def __init__(
        self,
        store: VersionStore,
        source: Source,
        order: Order,
        *,
        keep: int,
        clock: Callable[[], datetime],
        progress: Progress = no_progress,
    ) -> None:
        self._store = store
        self._source = source
        self._order = order
        self._keep = keep
        self._clock = clock
        self._progress = progress
        self._started = time.monotonic()
        self._before = store.current_name()
        self._live = self._usable_live()
        self._runs = check_runs(store)

    def build(self) -> BuildResult:
        """Publish a version of the source, or reject it; raises IndexUnusableError if none can be written."""
        self._store.sweep()
        live, is_asked_again = self._live, self._order.again
        if live and live.ingredients == self._source.ingredients and not is_asked_again:
            return self._unchanged(live)
        problems = tuple(problem for problem in self._source.lint() if problem.is_error)
        if problems and not self._may_pass(GateResult(problems)):
            return self._reject_unbuilt(GateResult(problems))
        with self._candidate() as candidate:
            return self._judge(candidate, problems)

    def _usable_live(self) -> IndexManifest | None:
        with suppress(IndexUnusableError):
            return self._store.verified(self._store.current())
        return None

    def _unchanged(self, live: IndexManifest) -> BuildResult:
        event = replace(self._event(live.version, GateResult(), None), action=Action.KEEP)
        last = last_attempt(self._store.history.events())
        if last is None or (last.knowledge, last.checks) != (event.knowledge, event.checks):
            # Else a change back to what was built last would look as if it had been built.
            with suppress(IndexUnusableError):
                self._store.record(event)
        return self._result(Outcome.UNCHANGED, live.version, live, GateResult(), is_built=False)

    @contextmanager
    def _candidate(self) -> Iterator[_Candidate]:
        kept = None if self._order.again else self._kept()
        if kept:
            yield kept
            return
        with self._store.workspace() as folder:
            yield self._built(folder)

    def _kept(self) -> _Candidate | None:
        """A version of the same ingredients that was built before: rejected, or once live."""
        for store in (self._store, self._store.rejected):
            for version in store.made_from(self._source.ingredients):
                with suppress(IndexUnusableError):
                    return self._loaded(store, version)
        return None

    def _built(self, folder: Path) -> _Candidate:
        now = self._clock()
        version = self._store.new_name(now, self._source.ingredients.knowledge_digest)
        aside = VersionStore(folder)
        self._source.build(aside, version, now)
        return self._loaded(aside, version)

    def _loaded(self, store: VersionStore, version: str) -> _Candidate:
        return _Candidate(store, store.manifest(version), self._source.load(store, version))

    def _judge(self, candidate: _Candidate, problems: tuple[Problem, ...]) -> BuildResult:
        checks = self._source.checks
        run = CheckRun(checks.digest, ask(checks.lines, candidate.index, self._progress))
        asked = len(run.results) if checks.digest else None
        verdict = GateResult(problems, self._failed(run), asked)
        if checks.digest:
            self._runs.keep(candidate.version, run)
        passes = verdict.is_passed or self._may_pass(verdict)
        return (self._publish if passes else self._reject)(candidate, verdict)

    def _may_pass(self, verdict: GateResult) -> bool:
        """Whether what failed may be published all the same."""
        override = self._order.override
        if override is None or not override.only_first:
            return override is not None
        return self._live is None and not verdict.problems

    def _failed(self, run: CheckRun) -> tuple[FailedCheck, ...]:
        wrong = [result for result in run.results if not result.is_right]
        live = self._live_results(wrong)
        return tuple(FailedCheck(result, live.get(result.key)) for result in wrong)

    def _live_results(self, wrong: list[CheckResult]) -> dict[tuple[str, str], bool]:
        """Whether the live version meets these checks; it is asked only what was not kept."""
        if self._live is None or not wrong:
            return {}
        kept = self._runs.of(self._live.version)
        known = {result.key: result.is_right for result in kept.results} if kept else {}
        unknown = lines_of(self._source.checks.lines, {result.key for result in wrong} - known.keys())
        with suppress(IndexUnusableError, ModelError):
            if unknown:
                asked = ask(unknown, self._source.load_live(self._live.version), self._progress)
                known |= {result.key: result.is_right for result in asked}
        return known

    def _publish(self, candidate: _Candidate, verdict: GateResult) -> BuildResult:
        version, is_built = candidate.version, self._is_new(candidate)
        forced = None if verdict.is_passed else self._order.override
        if candidate.store is not self._store:
            candidate.store.move(version, self._store)
        event = self._event(version, verdict, forced)
        with pointer_lock(self._store.folder):
            is_overtaken = self._store.current_name() != self._before
            self._store.record(replace(event, action=Action.SET_ASIDE) if is_overtaken else event)
            if not is_overtaken:
                self._store.publish(version)
        if is_overtaken:
            return self._result(Outcome.OVERTAKEN, version, candidate.manifest, verdict, is_built=is_built)
        self._tidy(version)
        result = self._result(Outcome.PUBLISHED, version, candidate.manifest, verdict, is_built=is_built)
        return replace(result, forced=forced)

    def _reject(self, candidate: _Candidate, verdict: GateResult) -> BuildResult:
        version, is_built = candidate.version, self._is_new(candidate)
        if is_built:
            candidate.store.move(version, self._store.rejected)
        result = self._result(Outcome.REJECTED, version, candidate.manifest, verdict, is_built=is_built)
        return self._rejected(result)

    def _reject_unbuilt(self, verdict: GateResult) -> BuildResult:
        """Errors of lint are told at once: a build may take minutes."""
        version = self._name_of_unbuilt()
        return self._rejected(self._result(Outcome.REJECTED, version, None, verdict, is_built=False))

    def _name_of_unbuilt(self) -> str:
        """The same as long as the knowledge is."""
        digest, last = self._source.ingredients.knowledge_digest, last_attempt(self._store.history.events())
        if last and (last.action, last.knowledge) == (Action.REJECT, digest):
            return last.version
        return self._store.new_name(self._clock(), digest)

    def _rejected(self, result: BuildResult) -> BuildResult:
        report = joined(build_report.lines(result, limit=None))
        with writing(self._store.folder):
            path = keep_rejection(self._store, result.version, report)
        event = self._event(result.version, result.verdict, None)
        self._store.record(replace(event, action=Action.REJECT))
        self._tidy("")
        return replace(result, report=path)

    def _is_new(self, candidate: _Candidate) -> bool:
        return candidate.store.folder not in (self._store.folder, self._store.rejected.folder)

    def _event(self, version: str, verdict: GateResult, forced: Override | None) -> Event:
        return Event(
            at=self._clock().isoformat(timespec="seconds"),
            action=Action.FORCE if forced else Action.PUBLISH,
            version=version,
            before=self._before,
            knowledge=self._source.ingredients.knowledge_digest,
            checks=self._source.checks.digest,
            by=forced.by if forced else self._order.by,
            reason=forced.reason if forced else "",
            note=build_report.failing(verdict),
        )

    def _tidy(self, published: str) -> None:
        """Delete what is no longer wanted; a build does not fail over that."""
        with suppress(OSError, IndexUnusableError):
            if published:
                forget_rejection(self._store, published)
            prune(self._store, self._keep, self._clock())

    def _result(
        self,
        outcome: Outcome,
        version: str,
        manifest: IndexManifest | None,
        verdict: GateResult,
        *,
        is_built: bool,
    ) -> BuildResult:
        live, seconds = self._store.current_name(), time.monotonic() - self._started
        return BuildResult(outcome, version, manifest, live, verdict, is_built, seconds)

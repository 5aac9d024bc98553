"""A build's result in lines of text: the same for the command, a job's log, the watcher and the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.build_result import BuildResult, FailedCheck, GateResult, Outcome
from bot.checks import CHECKS_FILE
from bot.retrieval.versions import IndexManifest

FAILURES_SHOWN = 50
_QUESTIONS_TO_TELL = 30
_BUILD = "flask --app wsgi index build"
_LIVE = {
    True: "the live version meets it",
    False: "the live version fails it too",
    None: "nothing live to compare with",
}


def lines(result: BuildResult, limit: int | None = FAILURES_SHOWN) -> list[str]:
    """What happened, first in one line; of failed checks at most ``limit``."""
    tell = {
        Outcome.PUBLISHED: _published,
        Outcome.UNCHANGED: _unchanged,
        Outcome.REJECTED: _rejected,
        Outcome.OVERTAKEN: _overtaken,
    }
    return list(tell[result.outcome](result, limit))


def failing(verdict: GateResult) -> str:
    """What a version fails, counted: ``2 errors of lint, 3 of 535 checks fail``."""
    counts = []
    if verdict.problems:
        counts.append(f"{len(verdict.problems)} errors of lint")
    if verdict.failed:
        counts.append(f"{len(verdict.failed)} of {verdict.asked} checks fail")
    return ", ".join(counts)


def _published(result: BuildResult, limit: int | None) -> Iterator[str]:
    manifest = result.manifest
    if manifest is None:
        return
    counts = manifest.counts
    again = "" if result.is_built else ", built before"
    yield (
        f"index {result.version} is live{again}: {counts['entries']} entries, "
        f"{counts['phrasing']} phrasings, {counts['passage']} passages, "
        f"{counts['background']} background questions ({result.seconds:.1f} s)"
    )
    yield from _calibration(manifest)
    yield _checks(result.verdict)
    if result.forced and not result.verdict.is_passed:
        yield (
            f"PUBLISHED BY FORCE although {failing(result.verdict)}; "
            f"by {result.forced.by}: {result.forced.reason}"
        )
        yield from _findings(result.verdict, limit)


def _unchanged(result: BuildResult, _limit: int | None) -> Iterator[str]:
    yield f"nothing has changed: index {result.version} stays live ({result.seconds:.1f} s)"


def _overtaken(result: BuildResult, _limit: int | None) -> Iterator[str]:
    live = f"index {result.live}" if result.live else "none"
    yield (
        f"index {result.version} is built but not live: meanwhile another version was made live ({live}); "
        f"publish it with: {_BUILD} ({result.seconds:.1f} s)"
    )


def _rejected(result: BuildResult, limit: int | None) -> Iterator[str]:
    verdict = result.verdict
    still = "" if result.is_built or result.manifest is None else "still "
    stays = f"index {result.live} stays live" if result.live else "no index is live"
    lost = f", {verdict.lost} of them met by the live version" if verdict.failed else ""
    why = f"{failing(verdict)}{lost}"
    yield f"index {result.version} is {still}rejected: {why}; {stays} ({result.seconds:.1f} s)"
    yield from _findings(verdict, limit)
    if result.report:
        yield f"the whole report is in {result.report}"
    yield (
        f"mend the entries or {CHECKS_FILE}, then run: {_BUILD}; "
        f'to publish it as it is: {_BUILD} --force --reason "…"'
    )


def _findings(verdict: GateResult, limit: int | None) -> Iterator[str]:
    yield from map(str, verdict.problems)
    # What customers would lose comes first.
    failed = sorted(verdict.failed, key=lambda item: item.passes_live is not True)
    for item in failed[:limit]:
        yield from _failure(item)
    if limit is not None and len(failed) > limit:
        yield f"  … and {len(failed) - limit} more"


def _failure(failed: FailedCheck) -> Iterable[str]:
    result = failed.result
    return (
        f"  {result.check}",
        f"    {result.expected} → {result.given}, {result.confidence:.3f}; {_LIVE[failed.passes_live]}",
    )


def _checks(verdict: GateResult) -> str:
    if verdict.asked is None:
        return f"no checks were asked: the knowledge folder has no {CHECKS_FILE}"
    return f"checks: {verdict.asked - len(verdict.failed)} of {verdict.asked} met"


def _calibration(manifest: IndexManifest) -> Iterator[str]:
    calibration = manifest.calibration
    if calibration["coverage"] is None:
        yield "too few phrasings to hold any out: the threshold is the built-in one"
        return
    yield (
        f"held-out phrasings: {calibration['coverage']:.1%} answered; "
        f"background: {calibration['false_answer_rate']:.1%} answered falsely; "
        f"threshold {calibration['answer_threshold']:.3f} "
        f"(BOT_FALSE_ANSWER_RATE={manifest.false_answer_rate})"
    )
    yield from _reliability(calibration["reliability"])


def _reliability(deciles: list[dict[str, Any]]) -> Iterator[str]:
    """How far confidence is from what came true, where there are questions enough to tell."""
    gaps = [abs(d["confidence"] - d["right"]) for d in deciles if d["questions"] >= _QUESTIONS_TO_TELL]
    if gaps:
        yield (
            f"reliability: confidence is at most {max(gaps):.3f} from the share that was right "
            f"(tenths with {_QUESTIONS_TO_TELL} held-out questions or more)"
        )

"""A build's result in lines of text: the same for the command, a job's log, the watcher and the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.build_result import BuildResult, FailedCheck, GateResult, Outcome
from bot.checks import CHECKS_FILE
from bot.retrieval.versions import IndexManifest
from bot.sentences import Sentence

FAILURES_SHOWN = 50
_QUESTIONS_TO_TELL = 30
_BUILD = "flask --app wsgi index build"
_LIVE = {
    True: Sentence("the live version meets it"),
    False: Sentence("the live version fails it too"),
    None: Sentence("nothing live to compare with"),
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
    errors = Sentence("%(count)s errors of lint", count=len(verdict.problems))
    failed = Sentence("%(failed)s of %(asked)s checks fail", failed=len(verdict.failed), asked=verdict.asked)
    if verdict.problems and verdict.failed:
        return Sentence("%(errors)s, %(failed)s", errors=errors, failed=failed)
    return errors if verdict.problems else failed if verdict.failed else ""


def _published(result: BuildResult, limit: int | None) -> Iterator[str]:
    manifest = result.manifest
    if manifest is None:
        return
    yield Sentence(
        "index %(version)s is live%(again)s: %(entries)s entries, %(phrasing)s phrasings, "
        "%(passage)s passages, %(background)s background questions (%(seconds).1f s)",
        version=result.version,
        again="" if result.is_built else Sentence(", built before"),
        seconds=result.seconds,
        **{name: manifest.counts[name] for name in ("entries", "phrasing", "passage", "background")},
    )
    yield from _calibration(manifest)
    yield _checks(result.verdict)
    if result.forced and not result.verdict.is_passed:
        yield Sentence(
            "PUBLISHED BY FORCE although %(failing)s; by %(by)s: %(reason)s",
            failing=failing(result.verdict),
            by=result.forced.by,
            reason=result.forced.reason,
        )
        yield from _findings(result.verdict, limit)


def _unchanged(result: BuildResult, _limit: int | None) -> Iterator[str]:
    yield Sentence(
        "nothing has changed: index %(version)s stays live (%(seconds).1f s)",
        version=result.version,
        seconds=result.seconds,
    )


def _overtaken(result: BuildResult, _limit: int | None) -> Iterator[str]:
    yield Sentence(
        "index %(version)s is built but not live: meanwhile another version was made live (%(live)s); "
        "publish it with: %(command)s (%(seconds).1f s)",
        version=result.version,
        live=Sentence("index %(version)s", version=result.live) if result.live else Sentence("none"),
        command=_BUILD,
        seconds=result.seconds,
    )


def _rejected(result: BuildResult, limit: int | None) -> Iterator[str]:
    is_old = not result.is_built and result.manifest is not None
    yield Sentence(
        "index %(version)s is still rejected: %(why)s; %(stays)s (%(seconds).1f s)"
        if is_old
        else "index %(version)s is rejected: %(why)s; %(stays)s (%(seconds).1f s)",
        version=result.version,
        why=_why(result.verdict),
        stays=_staying(result.live),
        seconds=result.seconds,
    )
    yield from _findings(result.verdict, limit)
    if result.report:
        yield Sentence("the whole report is in %(path)s", path=result.report)
    yield Sentence(
        "mend the entries or %(checks)s, then run: %(command)s; "
        'to publish it as it is: %(command)s --force --reason "…"',
        checks=CHECKS_FILE,
        command=_BUILD,
    )


def _why(verdict: GateResult) -> str:
    if not verdict.failed:
        return failing(verdict)
    template = "%(failing)s, %(lost)s of them met by the live version"
    return Sentence(template, failing=failing(verdict), lost=verdict.lost)


def _staying(live: str) -> Sentence:
    return Sentence("index %(version)s stays live", version=live) if live else Sentence("no index is live")


def _findings(verdict: GateResult, limit: int | None) -> Iterator[str]:
    yield from map(str, verdict.problems)
    # What customers would lose comes first.
    failed = sorted(verdict.failed, key=lambda item: item.passes_live is not True)
    for item in failed[:limit]:
        yield from _failure(item)
    if limit is not None and len(failed) > limit:
        yield Sentence("  … and %(count)s more", count=len(failed) - limit)


def _failure(failed: FailedCheck) -> Iterable[str]:
    result = failed.result
    return (
        f"  {result.check}",
        Sentence(
            "    %(expected)s → %(given)s, %(confidence).3f; %(live)s",
            expected=result.expected,
            given=result.given,
            confidence=result.confidence,
            live=_LIVE[failed.passes_live],
        ),
    )


def _checks(verdict: GateResult) -> str:
    if verdict.asked is None:
        return Sentence(
            "no checks were asked: the knowledge folder has no %(file)s",
            file=CHECKS_FILE,
        )
    met = verdict.asked - len(verdict.failed)
    return Sentence("checks: %(met)s of %(asked)s met", met=met, asked=verdict.asked)


def _calibration(manifest: IndexManifest) -> Iterator[str]:
    calibration = manifest.calibration
    if calibration["coverage"] is None:
        yield Sentence("too few phrasings to hold any out: the threshold is the built-in one")
        return
    yield Sentence(
        "held-out phrasings: %(coverage)s answered; background: %(false)s answered falsely; "
        "threshold %(threshold).3f (BOT_FALSE_ANSWER_RATE=%(rate)s)",
        coverage=f"{calibration['coverage']:.1%}",
        false=f"{calibration['false_answer_rate']:.1%}",
        threshold=calibration["answer_threshold"],
        rate=manifest.false_answer_rate,
    )
    yield from _reliability(calibration["reliability"])


def _reliability(deciles: list[dict[str, Any]]) -> Iterator[str]:
    """How far confidence is from what came true, where there are questions enough to tell."""
    gaps = [abs(d["confidence"] - d["right"]) for d in deciles if d["questions"] >= _QUESTIONS_TO_TELL]
    if gaps:
        yield Sentence(
            "reliability: confidence is at most %(gap).3f from the share that was right "
            "(tenths with %(least)s held-out questions or more)",
            gap=max(gaps),
            least=_QUESTIONS_TO_TELL,
        )

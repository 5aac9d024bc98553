"""``/admin/rebuilds``: rebuilds of the index, and one of them as it goes on."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from bot.admin.desk.access import operator
from bot.admin.desk.rebuilds_words import STATES, stage_name
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import in_words, mark
from bot.admin.schemas import job_reply
from bot.domain import Job, JobState
from bot.ports import Jobs

_SHOWN = 100
# The newest rebuilds by which the time of one is judged; shorter ones only found that nothing had changed.
_LOOKED_AT, _JUDGED_BY, _LEAST_SECONDS = 20, 5, 3.0
_LONGEST_TOKEN = 64
# Runs a new job in the name of an operator.
Start = Callable[[str, Jobs, str], None]


@dataclass(frozen=True)
class RebuildParts:
    """The rebuilds, opened on first use; what runs a new one in the name of an operator; the time."""

    jobs: Callable[[], Jobs]
    start: Start
    clock: Callable[[], float]


def rebuild_asked_for(
    jobs: Jobs, start: Start, audit: Callable[[str, str], None], key: str = ""
) -> tuple[Job, bool]:
    """The rebuild that had the key, or is under way, else a new one; whether it is new."""
    job, is_new = jobs.request(key)
    if is_new:
        start(job.id, jobs, operator().operator)
        audit(mark("Started a rebuild"), job.id)
    return job, is_new


def add_rebuilds_pages(blueprint: Blueprint, parts: RebuildParts, audit: Callable[[str, str], None]) -> None:
    """The list, a button, and a job as it goes on."""
    jobs, clock = parts.jobs, parts.clock

    @blueprint.get("/rebuilds")
    def rebuilds() -> str:
        recent = jobs().recent(_SHOWN)
        token = uuid.uuid4().hex
        return _page("rebuilds", clock(), jobs=recent, token=token)

    @blueprint.post("/rebuilds")
    def start_rebuild() -> BaseResponse:
        # Sent twice, as by a second click or by going back, it is the same rebuild.
        key = f"desk {request.form.get('token', '')[:_LONGEST_TOKEN]}"
        job, _is_new = rebuild_asked_for(jobs(), parts.start, audit, key)
        return redirect(url_for("desk.rebuild", job_id=job.id), 303)

    @blueprint.get("/rebuilds/<job_id>")
    def rebuild(job_id: str) -> str:
        job = _found(jobs(), job_id)
        left = _seconds_left(job, jobs().recent(_LOOKED_AT), clock())
        return _page("rebuild", clock(), job=job, left=_left(left))

    @blueprint.get("/rebuilds/<job_id>.json")
    def rebuild_now(job_id: str) -> Response:
        job = _found(jobs(), job_id)
        left = _seconds_left(job, jobs().recent(_LOOKED_AT), clock())
        shown: dict[str, object] = {
            "state_name": _(STATES[job.state]),
            "stage": stage_name(job.progress.what),
        }
        shown |= {"left": _left(left), "is_over": job.state.is_over}
        shown["log"] = [in_words(line) for line in job.progress.log]
        return jsonify(job_reply(job).model_dump(mode="json") | shown)


def _page(name: str, now: float, **values: object) -> str:
    words = {"states": STATES, "stage_name": stage_name}
    return render_template(f"desk/{name}.html", took=_duration, now=now, **words, **values)


def _found(jobs: Jobs, job_id: str) -> Job:
    job = jobs.find(job_id)
    if job is None:
        raise NotFound(_("There is no such rebuild any more: the newest 100 are kept."))
    return job


def _duration(job: Job, now: float) -> float | None:
    """Seconds from its start to its end, or until now."""
    return None if job.started_at is None else (job.finished_at or now) - job.started_at


def _seconds_left(job: Job, recent: Sequence[Job], now: float) -> float | None:
    """Judged by the rebuilds before; None where there were none, or it is over."""
    over = [other for other in recent if other.state in (JobState.SUCCEEDED, JobState.REJECTED)]
    took = [_duration(other, now) or 0.0 for other in over]
    usual = [seconds for seconds in took if seconds >= _LEAST_SECONDS][:_JUDGED_BY]
    if job.state.is_over or not usual:
        return None
    return statistics.median(usual) - (_duration(job, now) or 0.0)


def _left(seconds: float | None) -> str:
    """The time left in words."""
    if seconds is None:
        return ""
    if seconds < 1:
        return _("It takes longer than usual.")
    if seconds < 60:
        return _("About %(seconds)s seconds left, judging by earlier ones.") % {"seconds": round(seconds)}
    return _("About %(minutes)s minutes left, judging by earlier ones.") % {"minutes": round(seconds / 60)}

"""The JSON of the operator's API."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from bot.domain import Job, JobState


class ProgressReply(BaseModel):
    """How far a job is."""

    what: str = Field(description="what it is doing")
    done: int = Field(description="steps done")
    total: int = Field(description="steps in all; 0 = not known")


class ResultReply(BaseModel):
    """How a job ended."""

    version: str = Field(description="the index version that it made or left live; empty if none")
    report: str = Field(description="what came of it, or what to do about it")


class JobReply(BaseModel):
    """A rebuild of the index."""

    id: str
    state: JobState = Field(
        description="rejected: the knowledge or its checks are at fault, and nothing changed; "
        "failed: the machine is"
    )
    progress: ProgressReply
    log: list[str] = Field(description="its newest lines, oldest first")
    result: ResultReply | None = Field(description="null until it is over")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def job_reply(job: Job) -> JobReply:
    """The JSON form of a job."""
    progress, result = job.progress, job.result
    return JobReply(
        id=job.id,
        state=job.state,
        progress=ProgressReply(what=progress.what, done=progress.done, total=progress.total),
        log=list(progress.log),
        result=ResultReply(version=result.version, report=result.report) if result else None,
        created_at=_moment(job.created_at),
        started_at=_moment(job.started_at) if job.started_at else None,
        finished_at=_moment(job.finished_at) if job.finished_at else None,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

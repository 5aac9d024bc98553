"""A build as a job: what it is made of, and how its end is told."""

from __future__ import annotations

from bot import build_report
from bot.build_result import Order, Outcome
from bot.domain import JobResult, JobState
from bot.errors import KnowledgeError
from bot.evaluation import EvaluationFileError
from bot.job_running import Tell, Work
from bot.operations import Operations
from bot.ports import Progress
from bot.sentences import joined

_STATES = {
    Outcome.PUBLISHED: JobState.SUCCEEDED,
    Outcome.UNCHANGED: JobState.SUCCEEDED,
    Outcome.REJECTED: JobState.REJECTED,
    Outcome.OVERTAKEN: JobState.FAILED,
}


def rebuilding(operations: Operations, by: str) -> Work:
    """Build and publish in the name of ``by``, after whoever builds now; a broken file is a rejection."""

    def rebuild(progress: Progress, _tell: Tell) -> JobResult:
        try:
            result = operations.build(progress, Order(by), wait=True)
        except (KnowledgeError, EvaluationFileError) as error:
            return JobResult(JobState.REJECTED, report=str(error))
        return JobResult(_STATES[result.outcome], result.version, joined(build_report.lines(result)))

    return rebuild

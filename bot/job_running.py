"""Runs a job that was asked for: its progress, its log and its end go to the store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from bot.domain import JobProgress, JobResult, JobState
from bot.errors import BotError, StoreError
from bot.ports import Jobs, Progress
from bot.sentences import Sentence, lines_of

# How often progress is written; a job that is silent for ten times as long counts as dead.
BEAT_SECONDS = 1.0
MAX_LINES = 200
_ENDING_ATTEMPTS = 5
_STOPPED = Sentence("it was stopped; the live index was not touched")
_log = logging.getLogger(__name__)

Tell = Callable[[str], None]
Work = Callable[[Progress, Tell], JobResult]


# Is given the native ids of threads that must not step back.
StepBack = Callable[[Collection[int]], None]


def run_job(
    job_id: str, jobs: Jobs, work: Work, clock: Callable[[], str], step_back: StepBack = lambda but: None
) -> JobResult | None:
    """Do the work of a queued job, having stepped back; None if it was not queued any more.

    ``clock`` gives the time for a line of the log. Raises StoreError when the job cannot be taken, or its end
    cannot be told.
    """
    if not jobs.begin(job_id):
        return None
    journal = _Journal(clock)
    # Of this process one thread alone writes to the store.
    with ThreadPoolExecutor(1) as clerk:
        step_back((clerk.submit(threading.get_native_id).result(),))
        with _heartbeat(job_id, jobs, journal, clerk):
            try:
                result = attempt(work, journal.report, journal.tell)
            except KeyboardInterrupt:
                result = JobResult(JobState.FAILED, report=_STOPPED)
        clerk.submit(_finish, job_id, jobs, result, journal).result()
    return result


def attempt(work: Work, progress: Progress, tell: Tell) -> JobResult:
    """What comes of the work, also when it cannot be done."""
    try:
        return work(progress, tell)
    except (BotError, OSError) as error:
        return JobResult(JobState.FAILED, report=str(error))
    except Exception as error:
        _log.exception("it failed")
        return JobResult(
            JobState.FAILED, report=Sentence("%(error)s; see the log of the service", error=repr(error))
        )


class _Journal:
    """What a job says of itself; written by its thread, read by the heartbeat's."""

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._progress = JobProgress()

    @property
    def progress(self) -> JobProgress:
        return self._progress

    def report(self, what: str, done: int, total: int) -> None:
        before = self._progress
        log = before.log if what == before.what else self._with(what)
        self._progress = JobProgress(what, done, total, log)

    def tell(self, line: str) -> None:
        before = self._progress
        self._progress = JobProgress(before.what, before.done, before.total, self._with(line))

    def _with(self, line: str) -> tuple[str, ...]:
        told = line if isinstance(line, Sentence) else Sentence(line)
        return (*self._progress.log, Sentence("%(time)s %(line)s", time=self._clock(), line=told))[
            -MAX_LINES:
        ]


@contextmanager
def _heartbeat(job_id: str, jobs: Jobs, journal: _Journal, clerk: Executor) -> Iterator[None]:
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                jobs.note(job_id, journal.progress)
            except StoreError as error:
                _log.warning("job %s: %s", job_id, error)  # the build goes on without its audience

    beating = clerk.submit(beat)
    try:
        yield
    finally:
        over.set()
        beating.result()


def _finish(job_id: str, jobs: Jobs, result: JobResult, journal: _Journal) -> None:
    """Write the end down; a busy database gets more than one chance."""
    for line in lines_of(result.report):
        journal.tell(line)
    for attempt in range(_ENDING_ATTEMPTS):
        try:
            jobs.finish(job_id, result, journal.progress.log)
            return
        except StoreError:
            if attempt == _ENDING_ATTEMPTS - 1:
                raise

"""Rebuilds of the index that were asked for: one at a time, followed by their heartbeat."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain import Job, JobProgress, JobResult, JobState
from bot.errors import StoreError
from bot.sentences import Sentence, packed, unpacked
from bot.store.database import Database
from bot.store.tables import job_keys, jobs

# A process that says nothing for so long is gone; one that is starting imports much before it speaks.
SILENT_SECONDS, STARTING_SECONDS = 20.0, 90.0
KEPT = 100
_ACTIVE = "active"
_ATTEMPTS = 3
GONE = Sentence(
    "its process ended without a word: it was killed, or the machine ran out of memory or restarted; "
    "the live index was not touched; start another rebuild"
)


class Jobs:
    """A ``bot.ports.Jobs`` in the database."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def request(self, key: str = "") -> tuple[Job, bool]:
        """The job that ``key`` got before, else the one that is not over, else a new one.

        Also whether it is new. Without a key, only the one that is not over counts.
        """
        for _ in range(_ATTEMPTS):
            try:
                with self._database.transaction() as connection:
                    return self._requested(connection, _digest(key))
            except IntegrityError:
                continue  # another process was first; its job is found now
        raise StoreError("the jobs change faster than they can be read; try again")

    def find(self, job_id: str) -> Job | None:
        """A job as it is now; None if there is none, or it is long over."""
        with self._database.transaction() as connection:
            self._fail_silent(connection)
            return self._read(connection, jobs.c.id == job_id)

    def recent(self, limit: int) -> list[Job]:
        """The newest jobs, newest first."""
        query = select(jobs).order_by(jobs.c.created_at.desc()).limit(limit)
        with self._database.transaction() as connection:
            self._fail_silent(connection)
            return [_job(row) for row in connection.execute(query)]

    def begin(self, job_id: str) -> bool:
        """Take a queued job; False if it is none any more."""
        now = self._clock()
        query = update(jobs).where(jobs.c.id == job_id, jobs.c.state == JobState.QUEUED.value)
        with self._database.transaction() as connection:
            values = {"state": JobState.RUNNING.value, "started_at": now, "alive_at": now}
            return connection.execute(query.values(**values)).rowcount == 1

    def note(self, job_id: str, progress: JobProgress) -> None:
        """Say that a running job is alive, and how far it is."""
        query = update(jobs).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
        with self._database.statement() as connection:
            connection.execute(query.values(**_columns(progress), alive_at=self._clock()))

    def finish(self, job_id: str, result: JobResult, log: tuple[str, ...]) -> None:
        """Say how it ended, also when it was given up too early."""
        values = {"version": result.version, "log": _kept(log)}
        with self._database.transaction() as connection:
            self._end(connection, jobs.c.id == job_id, result.state, result.report, **values)

    def give_up(self, job_id: str, reason: str) -> None:
        """Let a job that is not over fail."""
        is_it = and_(jobs.c.id == job_id, jobs.c.slot == _ACTIVE)
        with self._database.transaction() as connection:
            self._end(connection, is_it, JobState.FAILED, reason)

    def _requested(self, connection: Connection, key: str) -> tuple[Job, bool]:
        self._fail_silent(connection)
        if key and (before := self._read(connection, jobs.c.id == _job_of(key))):
            return before, False
        active = self._read(connection, jobs.c.slot == _ACTIVE)
        job = active or self._create(connection)
        if key:
            connection.execute(delete(job_keys).where(job_keys.c.key == key))
            connection.execute(insert(job_keys).values(key=key, job=job.id))
        return job, active is None

    def _create(self, connection: Connection) -> Job:
        self._forget_old(connection)
        now = self._clock()
        job = Job(uuid.uuid4().hex, JobState.QUEUED, JobProgress(), None, now, None, None)
        values = {"id": job.id, "slot": _ACTIVE, "state": job.state.value, "version": "", "report": ""}
        times = {"created_at": now, "alive_at": now}
        connection.execute(insert(jobs).values(**values, **times, **_columns(job.progress)))
        return job

    def _forget_old(self, connection: Connection) -> None:
        kept = select(jobs.c.id).order_by(jobs.c.created_at.desc()).limit(KEPT - 1)
        connection.execute(delete(jobs).where(jobs.c.id.not_in(kept)))
        connection.execute(delete(job_keys).where(job_keys.c.job.not_in(select(jobs.c.id))))

    def _fail_silent(self, connection: Connection) -> None:
        """Let the job fail whose process is gone."""
        now, row = self._clock(), jobs.c
        is_silent = and_(row.state == JobState.RUNNING.value, row.alive_at < now - SILENT_SECONDS)
        never_began = and_(row.state == JobState.QUEUED.value, row.alive_at < now - STARTING_SECONDS)
        # The clock was put back, and nothing has been heard since.
        is_of_the_future = row.alive_at > now + STARTING_SECONDS
        is_gone = and_(row.slot == _ACTIVE, or_(is_silent, never_began, is_of_the_future))
        self._end(connection, is_gone, JobState.FAILED, GONE)

    def _end(
        self,
        connection: Connection,
        which: ColumnElement[bool],
        state: JobState,
        report: str,
        **values: str,
    ) -> None:
        ended = {"state": state.value, "report": packed(report), "finished_at": self._clock()}
        connection.execute(update(jobs).where(which).values(slot=jobs.c.id, **ended, **values))

    def _read(self, connection: Connection, which: ColumnElement[bool]) -> Job | None:
        row = connection.execute(select(jobs).where(which)).one_or_none()
        return _job(row) if row else None


def _job_of(key: str) -> Any:  # noqa: ANN401 - a subquery
    return select(job_keys.c.job).where(job_keys.c.key == key).scalar_subquery()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def _columns(progress: JobProgress) -> dict[str, Any]:
    return {
        "what": packed(progress.what),
        "done": progress.done,
        "total": progress.total,
        "log": _kept(progress.log),
    }


def _kept(log: Iterable[str]) -> str:
    return "\n".join(map(packed, log))


def _job(row: Any) -> Job:  # noqa: ANN401 - a row of the table
    state = JobState(row.state)
    log = tuple(map(unpacked, row.log.split("\n"))) if row.log else ()
    return Job(
        row.id,
        state,
        JobProgress(unpacked(row.what), row.done, row.total, log),
        JobResult(state, row.version, unpacked(row.report)) if state.is_over else None,
        row.created_at,
        row.started_at,
        row.finished_at,
    )

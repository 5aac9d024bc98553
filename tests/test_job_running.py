"""A job while it runs and when it ends: what the store is told of it."""

from __future__ import annotations

import threading

import pytest

from bot import job_running
from bot.domain import JobResult, JobState
from bot.errors import ModelError, StoreError
from bot.job_running import run_job
from bot.store.database import Database
from bot.store.jobs import Jobs

DONE = JobResult(JobState.SUCCEEDED, "v1", "index v1 is live\nchecks: 3 of 3 met")


@pytest.fixture
def jobs(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    yield Jobs(database, lambda: 1000.0)
    database.close()


def run(jobs, work):
    """The job after its work was done."""
    job, _ = jobs.request()
    run_job(job.id, jobs, work, lambda: "12:00:00")
    return jobs.find(job.id)


def test_stages_words_and_the_report_are_its_log(jobs):
    def work(progress, tell):
        for done in range(3):
            progress("embedding", done, 3)
        progress("training", 0, 1)
        tell("almost there")
        return DONE

    assert run(jobs, work).progress.log == (
        "12:00:00 embedding",
        "12:00:00 training",
        "12:00:00 almost there",
        "12:00:00 index v1 is live",
        "12:00:00 checks: 3 of 3 met",
    )


def test_its_progress_can_be_read_while_it_works(jobs, monkeypatch):
    monkeypatch.setattr(job_running, "BEAT_SECONDS", 0.01)
    seen = threading.Event()

    def work(progress, _tell):
        progress("embedding", 4, 9)
        assert seen.wait(20)
        return DONE

    job, _ = jobs.request()
    thread = threading.Thread(target=run_job, args=(job.id, jobs, work, lambda: "12:00:00"))
    thread.start()
    while jobs.find(job.id).progress.done != 4:
        pass
    running = jobs.find(job.id)
    seen.set()
    thread.join()

    assert (running.state, running.progress.what, running.progress.total) == (
        JobState.RUNNING,
        "embedding",
        9,
    )


@pytest.mark.parametrize(
    ("error", "report"),
    [
        (ModelError("no model; run: x"), "no model; run: x"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (KeyboardInterrupt(), "the live index was not touched"),
        (RuntimeError("a bug"), "RuntimeError('a bug'); see the log"),
    ],
)
def test_whatever_ends_it_is_told(jobs, error, report):
    def work(_progress, _tell):
        raise error

    job = run(jobs, work)

    assert job.state is JobState.FAILED
    assert report in job.result.report


def test_a_job_that_is_not_queued_is_not_run(jobs):
    job, _ = jobs.request()
    jobs.begin(job.id)

    assert run_job(job.id, jobs, lambda *_: pytest.fail("it ran"), lambda: "") is None


def test_a_database_that_fails_for_a_while_stops_nothing(jobs, monkeypatch):
    monkeypatch.setattr(job_running, "BEAT_SECONDS", 0.001)
    failed = threading.Event()
    finish, attempts = jobs.finish, []

    def note(*_):
        failed.set()
        raise StoreError("busy")

    def finish_later(*arguments):
        attempts.append(1)
        if len(attempts) < 3:
            raise StoreError("busy")
        finish(*arguments)

    monkeypatch.setattr(jobs, "note", note)
    monkeypatch.setattr(jobs, "finish", finish_later)

    def work(_progress, _tell):
        assert failed.wait(20)
        return DONE

    assert run(jobs, work).state is JobState.SUCCEEDED


def test_all_that_is_written_while_it_works_is_written_by_the_thread_that_does_not_step_back(
    jobs, monkeypatch
):
    monkeypatch.setattr(job_running, "BEAT_SECONDS", 0.001)
    spared, writers, noted = [], set(), threading.Event()

    def by_whom(write):
        def written(*arguments):
            writers.add(threading.get_native_id())
            write(*arguments)
            noted.set()

        return written

    monkeypatch.setattr(jobs, "note", by_whom(jobs.note))
    monkeypatch.setattr(jobs, "finish", by_whom(jobs.finish))

    def work(_progress, _tell):
        assert noted.wait(20)
        return DONE

    job, _ = jobs.request()
    run_job(job.id, jobs, work, lambda: "12:00:00", spared.extend)

    assert jobs.find(job.id).state is JobState.SUCCEEDED
    assert writers == set(spared) != {threading.get_native_id()}

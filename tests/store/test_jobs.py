"""Rebuilds in the database: one at a time, whoever asks, and none that is under way forever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.domain import JobProgress, JobResult, JobState
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.jobs import KEPT, SILENT_SECONDS, STARTING_SECONDS, Jobs

DONE = JobResult(JobState.SUCCEEDED, "v1", "index v1 is live")


@pytest.fixture
def jobs(database, clock):
    return Jobs(database, clock)


def test_a_job_goes_from_queued_to_its_end(jobs, clock):
    job, is_new = jobs.request()
    assert (is_new, job.state, job.result) == (True, JobState.QUEUED, None)

    clock.now += 1
    assert jobs.begin(job.id)
    jobs.note(job.id, JobProgress("embedding", 3, 9, ("one", "two")))
    running = jobs.find(job.id)
    assert (running.state, running.progress) == (
        JobState.RUNNING,
        JobProgress("embedding", 3, 9, ("one", "two")),
    )

    jobs.finish(job.id, DONE, ("one", "two", "three"))
    over = jobs.find(job.id)
    assert (over.state, over.result, over.progress.log) == (
        JobState.SUCCEEDED,
        DONE,
        ("one", "two", "three"),
    )
    assert over.created_at < over.started_at <= over.finished_at


def test_while_one_is_under_way_everybody_gets_it(jobs):
    first, _ = jobs.request("a")
    second, is_new = jobs.request("b")
    jobs.begin(first.id)

    assert (second.id, is_new) == (first.id, False)
    assert jobs.request()[0].id == first.id
    assert not jobs.begin(first.id)


def test_a_key_gets_its_job_also_after_that_is_over(jobs):
    first, _ = jobs.request("a")
    joined, _ = jobs.request("b")
    jobs.finish(first.id, DONE, ())

    assert jobs.request("a")[0].id == jobs.request("b")[0].id == joined.id == first.id
    other, is_new = jobs.request("c")
    assert is_new and other.id != first.id
    assert jobs.request("a")[0].id == first.id


def test_of_many_at_once_one_is_new(path, clock):
    databases = [Database(f"sqlite:///{path}") for _ in range(4)]
    start = threading.Barrier(8)

    def ask(number):
        start.wait()
        return Jobs(databases[number % 4], clock).request(f"key {number}")

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(ask, range(8)))
    for database in databases:
        database.close()

    assert len({job.id for job, _ in replies}) == 1
    assert sum(is_new for _, is_new in replies) == 1


@pytest.mark.parametrize(("begins", "patience"), [(True, SILENT_SECONDS), (False, STARTING_SECONDS)])
def test_a_job_whose_process_is_silent_has_failed_and_another_may_start(jobs, clock, begins, patience):
    job, _ = jobs.request()
    if begins:
        jobs.begin(job.id)
    clock.now += patience
    assert not jobs.find(job.id).state.is_over

    clock.now += 1
    failed = jobs.find(job.id)
    assert failed.state is JobState.FAILED
    assert "start another rebuild" in failed.result.report
    assert jobs.request()[1]


def test_a_job_that_says_something_now_and_then_lives(jobs, clock):
    job, _ = jobs.request()
    jobs.begin(job.id)
    for _ in range(5):
        clock.now += SILENT_SECONDS - 1
        jobs.note(job.id, JobProgress("training"))

    assert jobs.find(job.id).state is JobState.RUNNING


def test_a_job_given_up_too_early_may_still_end_well(jobs, clock):
    job, _ = jobs.request()
    jobs.begin(job.id)
    jobs.give_up(job.id, "gone")
    assert jobs.find(job.id).result.report == "gone"

    jobs.finish(job.id, DONE, ())
    jobs.give_up(job.id, "its process ended with status 0")
    assert jobs.find(job.id).result == DONE


def test_old_jobs_and_their_keys_are_forgotten(jobs, clock):
    ids = []
    for number in range(KEPT + 5):
        clock.now += 1
        job, _ = jobs.request(f"key {number}")
        jobs.finish(job.id, DONE, ())
        ids.append(job.id)

    assert [job.id for job in jobs.recent(1000)] == ids[: -KEPT - 1 : -1]
    assert jobs.find(ids[0]) is None
    assert jobs.request("key 0")[1]


def test_a_database_that_cannot_be_opened_is_told(tmp_path, clock):
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    (tmp_path / "bot.db").mkdir()

    with pytest.raises(StoreError, match="readyz"):
        Jobs(database, clock).request()

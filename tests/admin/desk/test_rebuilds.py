"""The pages of rebuilds: one is started once, and followed to its end with or without a script."""

from __future__ import annotations

import re
import time
from html import unescape
from pathlib import Path

import pytest

from bot.build_report import lines
from bot.build_result import BuildResult, GateResult, Outcome
from bot.domain import JobProgress, JobResult, JobState, Place
from bot.job_running import run_job
from bot.knowledge.markdown import Problem
from bot.sentences import Sentence, joined
from bot.store.jobs import Jobs
from tests.admin.desk.conftest import Operator
from tests.wechat.fakes import Clock


@pytest.fixture
def jobs(stores):
    return stores.jobs


def follow(operator, job):
    return operator.get(f"/rebuilds/{job.id}.json").json


def test_the_list_is_empty_at_first_and_says_what_to_do(operator):
    page = operator.get("/rebuilds").text

    assert "Nobody has asked for a rebuild here yet." in page
    assert "Start a rebuild" in page


def test_a_rebuild_is_followed_to_its_end(operator, jobs):
    job, _ = jobs.request("desk a")
    assert follow(operator, job)["state_name"] == "starting"
    jobs.begin(job.id)
    jobs.note(job.id, JobProgress("embedding", 3, 9, ("12:00:00 embedding",)))

    now = follow(operator, job)
    assert (now["state_name"], now["is_over"], now["left"]) == ("running", False, "")
    assert (now["progress"], now["log"]) == (
        {"what": "embedding", "done": 3, "total": 9},
        ["12:00:00 embedding"],
    )
    page = operator.get(f"/rebuilds/{job.id}").text
    assert 'max="9" value="3"' in page
    assert '<noscript><meta http-equiv="refresh"' in page

    jobs.finish(job.id, JobResult(JobState.SUCCEEDED, "v1", "index v1 is live: 7 entries"), ("done",))
    over = operator.get(f"/rebuilds/{job.id}").text
    assert "Customers get version v1." in over
    assert "index v1 is live: 7 entries" in over
    assert "http-equiv" not in over
    assert follow(operator, job)["is_over"]


@pytest.mark.parametrize(
    ("state", "words"),
    [(JobState.REJECTED, "It did not pass"), (JobState.FAILED, "It could not be done")],
)
def test_the_report_of_one_that_changed_nothing_is_shown(operator, jobs, state, words):
    job, _ = jobs.request()
    jobs.begin(job.id)
    jobs.finish(job.id, JobResult(state, "", "zh/fees.md:48: error: <no answer>"), ())
    page = operator.get(f"/rebuilds/{job.id}").text

    assert words in page
    assert "zh/fees.md:48: error: &lt;no answer&gt;" in page


def test_a_rebuild_is_told_in_chinese(operator, jobs):
    reader = Operator(operator.http.application, "zh-CN")
    reader.log_in()
    problem = Problem(
        Place(Path("zh/fees.md"), 48),
        Sentence('id "%(id)s" is taken by %(first)s; give it another id', id="fees", first="zh/a.md:3"),
    )
    verdict = GateResult((problem,))
    result = BuildResult(Outcome.REJECTED, "v2", None, "v1", verdict, is_built=False, seconds=1.25)
    job, _ = jobs.request()
    run_job(
        job.id,
        jobs,
        lambda progress, _tell: (
            progress("embedding", 0, 3) or JobResult(JobState.REJECTED, "v2", joined(lines(result)))
        ),
        lambda: "12:00:00",
    )

    page = unescape(reader.get(f"/rebuilds/{job.id}").text)
    assert "索引 v2 未通过：1 处知识错误；索引 v1 仍在线上（1.2 秒）\nzh/fees.md:48：错误：编号“fees”" in page
    assert "12:00:00 索引 v2 未通过：1 处知识错误" in page
    assert "索引 v2 未通过：1 处知识错误" in reader.get("/rebuilds").text
    assert follow(reader, job)["log"][0] == "12:00:00 计算向量"
    english = operator.get(f"/rebuilds/{job.id}").text
    assert "index v2 is rejected: 1 errors of lint; index v1 stays live (1.2 s)" in english


def test_the_time_left_is_judged_by_earlier_ones(operator, stores):
    clock = Clock()
    clock.now = time.time() - 1000
    earlier = Jobs(stores.database, clock)
    for seconds in (110, 130, 120, 1):
        job, _ = earlier.request()
        earlier.begin(job.id)
        clock.now += seconds
        earlier.finish(job.id, JobResult(JobState.SUCCEEDED, "v", "live"), ())
    job, _ = stores.jobs.request()
    stores.jobs.begin(job.id)

    assert follow(operator, job)["left"] == "About 2 minutes left, judging by earlier ones."


def test_the_newest_come_first_with_their_state(operator, jobs):
    for state in (JobState.SUCCEEDED, JobState.REJECTED):
        job, _ = jobs.request()
        jobs.begin(job.id)
        jobs.finish(job.id, JobResult(state, "", f"it was {state}"), ())
    page = operator.get("/rebuilds").text

    assert page.index("it was rejected") < page.index("it was succeeded")
    assert re.search(r'<span class="badge warn">rejected</span>', page)


def test_a_second_click_and_going_back_find_the_same_rebuild(operator, jobs):
    page = operator.get("/rebuilds").text
    token = re.search(r'name="token" value="([0-9a-f]{32})"', page)[1]
    running, _ = jobs.request()
    first = operator.post("/rebuilds", token=token)
    jobs.give_up(running.id, "enough")
    again = operator.post("/rebuilds", token=token)

    assert first.status_code == 303
    assert first.location == again.location == f"/admin/rebuilds/{running.id}"


def test_one_that_is_forgotten_is_no_page(operator):
    for path in ("/rebuilds/unknown", "/rebuilds/unknown.json"):
        assert operator.get(path).status_code == 404


def test_strangers_follow_nothing(stranger, jobs):
    job, _ = jobs.request()

    assert stranger.get(f"/rebuilds/{job.id}.json").status_code == 303
    assert stranger.post("/rebuilds", token="x").status_code in (303, 403)
    assert stranger.get("/rebuilds").status_code == 303

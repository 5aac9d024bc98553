"""The operator's API: who may use it, and what it says of a job."""

from __future__ import annotations

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator

from bot.admin.blueprint import admin_blueprint
from bot.admin.description import admin_api
from bot.channels.openapi import document
from bot.channels.problems import register_problems
from bot.domain import JobProgress, JobResult, JobState
from bot.store.database import Database
from bot.store.jobs import Jobs
from tests.wechat.fakes import Clock

KEY = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {KEY}"}
REBUILD = "/admin/index/rebuild"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jobs(tmp_path, clock):
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    yield Jobs(database, clock)
    database.close()


@pytest.fixture
def serve(jobs):
    """A client of the API with this key; ``started`` lists the jobs that a process was started for."""

    def make(key=KEY):
        app = Flask(__name__)
        register_problems(app)
        client = app.test_client()
        client.started = []
        app.register_blueprint(admin_blueprint(key, lambda: jobs, lambda job, _: client.started.append(job)))
        return client

    return make


def problem(response):
    assert response.mimetype == "application/problem+json"
    return response.status_code, response.json["detail"]


def errors_of(response, path, method):
    description = document(admin_api())
    operation = description["paths"][path][method]
    described = operation["responses"][str(response.status_code)]["content"][response.mimetype]["schema"]
    schema = described | {"components": description["components"]}
    return [error.message for error in OAS31Validator(schema).iter_errors(response.json)]


def test_a_rebuild_is_started_and_can_be_followed_to_its_end(serve, jobs, clock):
    client = serve()
    posted = client.post(REBUILD, headers=BEARER)
    job_id = posted.json["id"]
    address = posted.headers["Location"]

    assert (posted.status_code, posted.json["state"], client.started) == (202, "queued", [job_id])
    assert (posted.headers["Retry-After"], posted.headers["Cache-Control"]) == ("2", "no-store")
    assert errors_of(posted, REBUILD, "post") == []

    clock.now += 1
    jobs.begin(job_id)
    jobs.note(job_id, JobProgress("embedding", 3, 9, ("12:00:00 embedding",)))
    running = client.get(address, headers=BEARER)
    assert running.json["progress"] == {"what": "embedding", "done": 3, "total": 9}
    assert running.json["result"] is None

    jobs.finish(job_id, JobResult(JobState.REJECTED, "v2", "3 checks fail"), ("one", "two"))
    over = client.get(address, headers=BEARER)
    assert (over.json["state"], over.json["log"]) == ("rejected", ["one", "two"])
    assert over.json["result"] == {"version": "v2", "report": "3 checks fail"}
    assert "Retry-After" not in over.headers
    assert errors_of(over, "/admin/jobs/{job_id}", "get") == []


def test_until_a_key_is_set_it_is_off_and_says_what_opens_it(serve):
    client = serve("")
    for response in (client.post(REBUILD), client.post(REBUILD, headers={"Authorization": "Bearer "})):
        status, detail = problem(response)
        assert status == 403
        assert "BOT_ADMIN_KEY" in detail and "openssl rand -hex 32" in detail
    assert client.started == []


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", f"Bearer {KEY[:-1]}", f"Bearer {KEY}x", f"Basic {KEY}", KEY, "Bearer é\u00ff"],
)
def test_without_the_right_key_nothing_happens(serve, header):
    client = serve()
    headers = {} if header is None else {"Authorization": header}
    # A body that would fail if anybody looked at it.
    posted = client.post(REBUILD, headers=headers, data=b"{" * 200_000, content_type="application/json")
    polled = client.get("/admin/jobs/x", headers=headers)

    for response in (posted, polled):
        assert problem(response)[0] == 401
        assert response.headers["WWW-Authenticate"] == "Bearer realm=admin"
    assert client.started == []


def test_the_scheme_is_known_in_any_case(serve):
    assert serve().post(REBUILD, headers={"Authorization": f"bearer  {KEY}"}).status_code == 202


def test_a_second_request_gets_the_job_that_is_under_way(serve):
    client = serve()
    first, second = (client.post(REBUILD, headers=BEARER) for _ in range(2))

    assert (second.status_code, second.headers["Location"]) == (202, first.headers["Location"])
    assert len(client.started) == 1


def test_a_request_with_the_same_idempotency_key_gets_the_same_job_for_good(serve, jobs):
    client = serve()
    headers = BEARER | {"Idempotency-Key": "deploy-17"}
    first = client.post(REBUILD, headers=headers)
    jobs.finish(first.json["id"], JobResult(JobState.SUCCEEDED, "v1", "live"), ())
    again = client.post(REBUILD, headers=headers)

    assert (again.status_code, again.json["id"], again.json["state"]) == (202, first.json["id"], "succeeded")
    assert len(client.started) == 1


@pytest.mark.parametrize("key", ["x" * 256, "\u00e9"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(serve, key):
    client = serve()
    status, detail = problem(client.post(REBUILD, headers=BEARER | {"Idempotency-Key": key}))

    assert (status, client.started) == (400, [])
    assert "1 to 255 ASCII characters" in detail


def test_a_job_that_is_not_there_is_no_job(serve):
    assert problem(serve().get("/admin/jobs/unknown", headers=BEARER))[0] == 404


def test_a_database_that_cannot_be_reached_is_told(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    (tmp_path / "bot.db").mkdir()
    app = Flask(__name__)
    register_problems(app)
    app.register_blueprint(admin_blueprint(KEY, lambda: Jobs(database, Clock()), lambda *_: None))

    assert problem(app.test_client().post(REBUILD, headers=BEARER))[0] == 503

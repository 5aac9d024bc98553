"""``/feedback``: a verdict on an answer that was given, and what happens to everything else."""

from __future__ import annotations

import pytest
from flask import Flask

from bot.channels.feedback import feedback_blueprint
from bot.channels.problems import register_problems
from bot.domain import Verdict
from bot.errors import StoreError

GIVEN = {"request_id": "request-1", "verdict": "up"}


class Remembering:
    """Feedback on requests that become known after so many looks."""

    def __init__(self, known_after=0):
        self.looks_left, self.kept = known_after, []

    def give(self, request_id, verdict, comment):
        self.looks_left -= 1
        if self.looks_left >= 0:
            return False
        self.kept.append((request_id, verdict, comment))
        return True


@pytest.fixture
def serve():
    """A bot that remembers feedback there, and what it waited."""

    def serve(feedback):
        app, waited = Flask("bot"), []
        register_problems(app)
        app.register_blueprint(feedback_blueprint(lambda: feedback, waited.append))
        return app.test_client(), waited

    return serve


def test_a_verdict_is_remembered_with_nothing_to_say(serve):
    feedback = Remembering()
    response = serve(feedback)[0].post("/feedback", json=GIVEN | {"comment": " 很清楚 "})

    assert (response.status_code, response.data) == (204, b"")
    assert feedback.kept == [("request-1", Verdict.UP, "很清楚")]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_taken_without_a_comment(serve, verdict):
    feedback = Remembering()

    assert serve(feedback)[0].post("/feedback", json=GIVEN | {"verdict": verdict}).status_code == 204
    assert feedback.kept == [("request-1", verdict, "")]


def test_a_question_that_is_still_on_its_way_to_the_log_is_waited_for(serve):
    client, waited = serve(Remembering(known_after=3))

    assert client.post("/feedback", json=GIVEN).status_code == 204
    assert len(waited) == 3


def test_an_unknown_request_is_a_problem_that_says_what_to_send(serve):
    client, waited = serve(Remembering(known_after=99))
    response = client.post("/feedback", json=GIVEN)

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert "request_id" in response.json["detail"]
    assert sum(waited) < 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        GIVEN | {"verdict": "good"},
        GIVEN | {"verdict": None},
        {"verdict": "up"},
        GIVEN | {"request_id": ""},
        GIVEN | {"request_id": "x" * 65},
        GIVEN | {"request_id": "one two"},
        GIVEN | {"request_id": 7},
        GIVEN | {"comment": "x" * 1001},
        GIVEN | {"comment": 1},
        [],
        "up",
    ],
)
def test_what_is_no_feedback_is_refused_as_no_question_is(serve, body):
    feedback = Remembering()
    response = serve(feedback)[0].post("/feedback", json=body)

    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert feedback.kept == []


def test_a_body_that_is_no_json_is_shown_what_feedback_looks_like(serve):
    response = serve(Remembering())[0].post("/feedback", data=b"up")

    assert all(word in response.json["detail"] for word in ('"request_id"', '"verdict": "up"'))


def test_a_store_that_fails_is_said_with_when_to_try_again(serve):
    class Failing:
        def give(self, *_given):
            raise StoreError("the database failed (locked)")

    response = serve(Failing())[0].post("/feedback", json=GIVEN)

    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.model
def test_an_answer_can_be_judged_right_after_it(client, cli):
    reply = client.post("/ask", json={"question": "备案时间", "session_id": "judge"}).json
    response = client.post("/feedback", json={"request_id": reply["request_id"], "verdict": "down"})

    assert response.status_code == 204
    assert '"verdict": "down"' in cli("store", "export", "judge").stdout

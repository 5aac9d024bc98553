"""The whole bot on either database: asked, judged, exported and erased."""

from __future__ import annotations

import json

import pytest

from bot.app import create_app
from tests.store.faults import until

pytestmark = pytest.mark.model


@pytest.fixture
def app(built, url):
    app = create_app(built.model_copy(update={"database_url": url}))
    yield app
    app.extensions["close"]()


def test_a_session_goes_on_is_judged_exported_and_erased(app):
    client, cli = app.test_client(), app.test_cli_runner()
    asked = [
        client.post("/ask", json={"question": question, "session_id": "visitor"}).json
        for question in ("小程序备案要多久？", "食品要什么许可")
    ]
    judged = client.post("/feedback", json={"request_id": asked[1]["request_id"], "verdict": "down"})
    (kept,) = json.loads(cli.invoke(args=["store", "export", "visitor"]).stdout)
    cli.invoke(args=["store", "erase", "visitor"])

    assert judged.status_code == 204
    assert [(row["request_id"], row["verdict"]) for row in kept["questions"]] == [
        (asked[0]["request_id"], None),
        (asked[1]["request_id"], "down"),
    ]
    assert kept["conversation"]["entries"][0] == asked[1]["entry"]["id"]
    assert json.loads(cli.invoke(args=["store", "export", "visitor"]).stdout) == []


def test_it_is_ready_with_its_store(app):
    client = app.test_client()
    client.post("/ask", json={"question": "备案时间"})

    until(lambda: client.get("/readyz").json["store"] == {"status": "ok", "waiting": 0, "dropped": 0})

"""``/metrics``: what an operator's alerts go by."""

from __future__ import annotations

import shutil
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import create_app
from bot.channels.metrics.blueprint import Metrics
from bot.channels.metrics.wechat import OutboxCollector
from bot.domain import Backlog, IndexState, LogState, Refusal
from bot.errors import StoreError
from bot.retrieval.versions import VersionStore

FIRST = IndexState("first", "2026-11-22T12:00:00+00:00", swapped_at=1_000.0)


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Values by name and labels, these in the order of their names."""
    families = text_string_to_metric_families(text.decode())
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in found}


def after(*states: IndexState) -> dict[tuple[str, ...], float]:
    metrics = Metrics()
    for state in states:
        metrics.index.changed(state)
    return samples(metrics.text())


def test_what_serves_is_named_with_its_times():
    told = after(FIRST)

    assert told["bot_index_workers", "first"] == 1
    assert told["bot_index_built_timestamp_seconds",] == 1795348800
    assert told["bot_index_swapped_timestamp_seconds",] == 1000
    assert (told["bot_index_refusing_workers",], told["bot_index_refusals_total",]) == (0, 0)


def test_of_a_version_that_was_replaced_nothing_is_left():
    told = after(FIRST, IndexState("second", "2026-11-22T13:00:00+00:00", swapped_at=2_000.0))

    assert [labels for name, *labels in told if name == "bot_index_workers"] == [["second"]]
    assert told["bot_index_swapped_timestamp_seconds",] == 2000


def test_a_refusal_is_counted_once_and_shown_until_it_is_over():
    refused = IndexState("first", FIRST.built_at, 1_000.0, Refusal("second", "torn"), refusals=1)
    over = IndexState("first", FIRST.built_at, 1_000.0, refusals=1)

    assert after(FIRST, refused)["bot_index_refusing_workers",] == 1
    assert after(FIRST, refused, refused)["bot_index_refusals_total",] == 1
    assert after(FIRST, refused, over)["bot_index_refusing_workers",] == 0


def test_before_anything_could_be_loaded_a_refusal_is_shown_and_no_version(indexless):
    indexless.get("/readyz")
    told = samples(indexless.get("/metrics").data)

    assert told["bot_index_refusing_workers",] == 1
    assert [name for name, *_ in told if name == "bot_index_workers"] == []


def test_the_type_is_what_prometheus_expects(indexless):
    assert indexless.get("/metrics").content_type.startswith("text/plain; version=")


@pytest.mark.model
def test_a_damaged_version_shows_in_readiness_and_metrics_while_the_last_one_serves(built, tmp_path):
    settings = built.model_copy(update={"index_dir": shutil.copytree(built.index_dir, tmp_path / "index")})
    client, store = create_app(settings).test_client(), VersionStore(settings.index_dir)
    good = store.current()
    assert client.get("/readyz").json["refused"] is None
    shutil.copytree(store.folder / good, store.folder / "bad")
    store.publish("bad")

    state = until(lambda: client.get("/readyz"), lambda response: response.json["refused"])
    assert (state.status_code, state.json["status"], state.json["index_version"]) == (200, "ok", good)
    assert state.json["refused"]["version"] == "bad"
    assert f"version is {good}, expected bad" in state.json["refused"]["reason"]
    told = samples(client.get("/metrics").data)
    assert (told["bot_index_workers", good], told["bot_index_refusing_workers",]) == (1, 1)
    assert client.post("/ask", json={"question": "备案时间"}).json["index_version"] == good

    store.publish(good)
    assert until(lambda: client.get("/readyz"), lambda response: not response.json["refused"])


def until(ask, is_so):
    """What ``ask`` gives once it is so."""
    deadline = time.monotonic() + 20
    while not is_so(given := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return given


def counted(app, name):
    """Values of one metric, by labels."""
    told = samples(app.test_client().get("/metrics").data)
    return {tuple(labels): value for (found, *labels), value in told.items() if found == name}


def gained(app, name, act):
    """What one metric has more after something was done."""
    before = counted(app, name)
    act()
    after = counted(app, name)
    gains = {labels: value - before.get(labels, 0) for labels, value in after.items()}
    return {labels: gain for labels, gain in gains.items() if gain}


def test_a_question_log_that_fails_shows_and_so_does_what_it_lost():
    metrics = Metrics()
    failing = LogState(waiting=3, dropped=7, reason="the disk is full")
    for state in (failing, failing, LogState(waiting=0, dropped=9)):
        metrics.log.changed(state)
        told = samples(metrics.text())
        assert told["bot_question_log_failing_workers",] == bool(state.reason)
        assert told["bot_question_log_waiting",] == state.waiting
        assert told["bot_question_log_dropped_total",] == state.dropped


def test_an_outbox_is_looked_up_with_every_look_and_missing_while_the_database_is():
    answers = [[Backlog("mini:default", 2, 1, 4, 30.5)], StoreError("gone"), [Backlog("mini:default")]]

    def backlog():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    metrics = Metrics(looked_up=[OutboxCollector(backlog)])
    first, gone, last = (samples(metrics.text()) for _ in range(3))
    waiting = ("bot_wechat_outbox_messages", "mini:default", "waiting")

    assert (first[waiting], last[waiting]) == (2, 0)
    assert first["bot_wechat_outbox_messages", "mini:default", "failed"] == 4
    assert first["bot_wechat_outbox_overdue_seconds", "mini:default"] == 30.5
    assert waiting not in gone and ("bot_index_refusals_total",) in gone


@pytest.mark.model
def test_a_question_is_counted_once_with_what_came_of_it(app):
    client = app.test_client()
    question = {"question": "备案大概要花多少时间呢"}
    ask = lambda: client.post("/ask", json=question)  # noqa: E731
    reply = ask().json

    assert gained(app, "bot_questions_total", ask) == {("ask", "zh-Hans", "answer"): 1}
    assert gained(app, "bot_answer_confidence_sum", ask)[("answer",)] == pytest.approx(
        reply["confidence"], abs=1e-3
    )
    assert gained(app, "bot_answer_seconds_count", ask) == {("ask",): 1}
    stages = gained(app, "bot_answer_stage_seconds_count", ask)
    assert stages[("composing",)] == 1
    assert stages[("embedding",)] == stages[("retrieval",)] == stages[("decision",)] >= 1


@pytest.mark.model
def test_stages_take_no_longer_than_the_whole(app):
    client = app.test_client()
    asked = {"question": "how long would the filing be"}
    before = sum(counted(app, "bot_answer_stage_seconds_sum").values())
    whole = gained(app, "bot_answer_seconds_sum", lambda: client.post("/ask", json=asked))
    stages = sum(counted(app, "bot_answer_stage_seconds_sum").values()) - before

    assert 0 < stages <= whole[("ask",)]


def test_requests_are_counted_by_the_routes_template_never_by_the_address(indexless):
    for path in ("/wechat/official/secret-a", "/nowhere/secret-b", "/docs/secret-c"):
        indexless.get(path)
    indexless.open("/ask?question=secret-d", method="SECRET-E")
    indexless.post("/ask", data="{secret-f")
    text = indexless.get("/metrics").data
    told = samples(text)
    assert told["bot_http_requests_total", "GET", "/wechat/<kind>/<name>", "404"] == 1
    assert told["bot_http_requests_total", "GET", "other", "404"] == 1
    assert told["bot_http_requests_total", "POST", "/ask", "400"] == 1
    assert told["bot_http_requests_total", "other", "other", "405"] == 1
    assert told["bot_http_request_seconds_count", "/wechat/<kind>/<name>"] == 1
    assert b"secret" not in text.lower()

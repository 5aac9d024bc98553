"""``/metrics``: what an operator's alerts go by."""

from __future__ import annotations

import shutil
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import create_app
from bot.channels.metrics.blueprint import Metrics
from bot.domain import IndexState, Refusal
from bot.retrieval.versions import VersionStore

FIRST = IndexState("first", "2026-11-22T12:00:00+00:00", swapped_at=1_000.0)


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
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

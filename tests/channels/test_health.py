"""``/healthz`` and ``/readyz``: what a load balancer and an operator go by."""

from __future__ import annotations

import shutil

import pytest

from bot.app import create_app
from bot.knowledge.loader import digest
from bot.retrieval.versions import CURRENT_FILE, VersionStore
from bot.settings import Settings


def test_the_process_is_up_even_without_an_index(indexless):
    response = indexless.get("/healthz")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_without_an_index_it_is_not_ready_and_names_the_remedy(indexless):
    response = indexless.get("/readyz")

    assert (response.status_code, response.json["status"]) == (503, "failing")
    assert "flask --app wsgi index build" in response.json["reason"]


@pytest.mark.model
def test_without_its_model_it_is_not_ready_and_names_the_remedy(built, tmp_path):
    settings = built.model_copy(update={"cache_dir": tmp_path})
    response = create_app(settings).test_client().get("/readyz")

    assert (response.status_code, response.json["status"]) == (503, "failing")
    assert "flask --app wsgi model prepare" in response.json["reason"]


def built_at(settings) -> str:
    store = VersionStore(settings.index_dir)
    return store.manifest(store.current()).built_at


@pytest.mark.model
def test_ready_tells_model_index_and_knowledge(client, built):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert {
        "status": "ok",
        "model": "intfloat/multilingual-e5-small",
        "index_version": (built.index_dir / CURRENT_FILE).read_text().strip(),
        "knowledge_digest": digest(built.knowledge_dir),
        "built_at": built_at(built),
        "stale": False,
        "refused": None,
        "store": {"status": "ok", "waiting": 0, "dropped": 0},
    } == response.json | {"store": response.json["store"] | {"waiting": 0}}


@pytest.mark.model
@pytest.mark.parametrize("file", ["zh/shop.md", "background/en.md", "sources.md"])
def test_edited_knowledge_makes_it_stale_until_the_edit_is_undone(built, knowledge_dir, file):
    client = create_app(built.model_copy(update={"knowledge_dir": knowledge_dir})).test_client()
    path = knowledge_dir / file
    original = path.read_bytes()
    assert client.get("/readyz").json["stale"] is False

    path.write_bytes(original + b"\n")
    assert client.get("/readyz").json["stale"] is True

    path.write_bytes(original)
    assert client.get("/readyz").json["stale"] is False


@pytest.mark.model
def test_a_stale_index_still_answers(built, knowledge_dir):
    client = create_app(built.model_copy(update={"knowledge_dir": knowledge_dir})).test_client()
    (knowledge_dir / "zh" / "smalltalk.md").unlink()

    assert client.post("/ask", json={"question": "谢谢"}).json["entry"]["id"] == "thanks"
    assert client.get("/readyz").status_code == 200


@pytest.mark.model
def test_a_damaged_index_is_not_served_and_the_file_is_named(built: Settings, tmp_path):
    index_dir = shutil.copytree(built.index_dir, tmp_path / "index")
    next(index_dir.glob("*/entries.jsonl")).write_text("{}")
    client = create_app(built.model_copy(update={"index_dir": index_dir})).test_client()
    response = client.get("/readyz")

    assert response.status_code == 503
    assert "entries.jsonl" in response.json["reason"] and "index build" in response.json["reason"]

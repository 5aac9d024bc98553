"""A machine whose model is damaged and whose data folder cannot be written to: it says so, and heals."""

from __future__ import annotations

import pytest

from bot.retrieval.prepared_model import load_prepared
from tests.faults.conftest import is_well, store
from tests.faults.machine import Machine
from tests.serving import serving
from tests.store.faults import until

pytestmark = pytest.mark.model


@pytest.fixture
def model(built, tmp_path):
    """A cache of the test's own that looks like the one with the prepared model."""
    prepared = load_prepared(built.cache_dir, built.model)
    folder = tmp_path / "cache" / "models" / prepared.folder.name
    folder.mkdir(parents=True)
    for path in prepared.folder.iterdir():
        (folder / path.name).symlink_to(path)
    return folder / prepared.graph.name


def damaged(graph):
    """One bit of it is another."""
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    return content


def test_it_starts_says_what_to_do_and_answers_once_that_is_done(built, model, tmp_path):
    whole = model.resolve()
    flipped = damaged(model)
    model.unlink()
    model.write_bytes(flipped)
    (tmp_path / "machine").mkdir()
    machine = Machine(tmp_path / "machine", built.index_dir, data="ro")
    folders = {"data_dir": machine.folder / "data", "index_dir": machine.folder / "index"}
    settings = built.model_copy(update=folders | {"cache_dir": tmp_path / "cache"})
    with serving(settings, tmp_path / "log", 1, machine.command, **machine.variables) as server:
        server.wait_for("not ready")
        refused = server.get("/readyz")
        assert refused.status_code == 503
        assert refused.json()["reason"].startswith(f"{model} is damaged (SHA-256")
        assert refused.json()["reason"].endswith("run: flask --app wsgi model prepare")
        unanswered = server.get("/ask", question="备案时间")
        assert (unanswered.status_code, unanswered.headers["Content-Type"]) == (
            503,
            "application/problem+json",
        )

        model.unlink()
        model.symlink_to(whole)
        until(lambda: server.get("/readyz").status_code == 200)
        body = {"question": "备案时间", "session_id": "a-visitor-of-a-read-only-disk"}
        assert server.http.post("/ask", json=body).json()["entry"]["id"] == "filing-time"
        until(lambda: store(server)["status"] == "failing")
        assert "Read-only file system" in store(server)["reason"]

        machine.remount(server, "data", "rw")
        until(lambda: is_well(server))

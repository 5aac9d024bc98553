"""A real gunicorn with the project's own settings file: what a customer and a deployment see."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.retrieval.versions import FACTS_FILE, MANIFEST_FILE, VersionStore, checksums
from tests.serving import PROJECT, serving

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def server(built, tmp_path_factory):
    """A server for all tests that leave it as it is."""
    with serving(built, tmp_path_factory.mktemp("serving") / "log") as server:
        server.wait_for("ready at")
        yield server


def test_questions_in_both_languages_are_answered(server):
    chinese = server.get("/ask", question="小程序备案要多久？").json()
    english = server.get("/ask", question="How long does filing take?").json()

    assert (chinese["language"], chinese["entry"]["id"]) == ("zh-Hans", "filing-time")
    assert (english["language"], english["entry"]["id"]) == ("en", "filing-time")


def test_sixteen_threads_get_the_right_answers_at_once(server):
    questions = [
        ("备案时间", "filing-time"),
        ("food licence for a mini program", "licence-food"),
        ("商城開發報價是多少錢", "shop-cost"),
        ("what on earth are mini programs?", "what-is"),
    ] * 16
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda pair: server.get("/ask", question=pair[0]), questions))

    assert [200] * len(questions) == [reply.status_code for reply in replies]
    assert [entry for _, entry in questions] == [reply.json()["entry"]["id"] for reply in replies]


def test_the_log_says_where_it_is_ready_and_how_to_try_it(server):
    log = server.log.read_text()

    assert log.count(f"ready at {server.address} – API page at /docs") == 1
    assert f"curl -G {server.address}/ask --data-urlencode 'question=" in log


def test_the_curl_example_of_the_log_gets_an_answer(server):
    question = re.search(r"--data-urlencode 'question=(.*)'", server.log.read_text()).group(1)

    assert server.get("/ask", question=question).json()["entry"]["id"] == "filing-time"


@pytest.mark.parametrize("character", ["a", "备", "😀"])
def test_500_characters_fit_into_an_address_and_501_get_a_problem(server, character):
    assert server.get("/ask", question=character * 500).status_code == 200

    refused = server.get("/ask", question=character * 501)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("chunk", [b" " * 1000, b" " * 40_000, b" " * 100_000])
def test_a_chunked_body_of_over_64_kib_is_refused(server, chunk):
    chunks = [b'{"question": "hi"}', *[chunk] * (1 + 2**16 // len(chunk))]
    response = server.http.post("/ask", content=iter(chunks))

    assert (response.status_code, response.headers["Content-Type"]) == (413, "application/problem+json")


def test_a_chunked_question_is_answered(server):
    response = server.http.post("/ask", content=iter([b'{"question": ', b'"filing duration"}']))

    assert response.json()["entry"]["id"] == "filing-time"


@pytest.mark.parametrize(
    ("host", "bound"),
    [("0.0.0.0", "0.0.0.0:8123"), ("::1", "[::1]:8123"), ("bot.example", "bot.example:8123")],
)
def test_the_address_to_listen_on_is_a_setting(monkeypatch, host, bound):
    monkeypatch.setenv("BOT_HOST", host)
    monkeypatch.setenv("BOT_PORT", "8123")

    assert runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["bind"] == bound


def test_stopping_finishes_the_request_in_flight_and_exits_with_0(built, tmp_path):
    body = b'{"question": "filing duration"}'
    head = f"POST /ask HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(built, tmp_path / "log", workers=1) as server:
        server.wait_for("ready at")
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head.encode())
            assert b"100 Continue" in connection.recv(1000)
            server.process.send_signal(signal.SIGTERM)
            server.wait_for("Handling signal: term")
            connection.sendall(body)
            assert b"200 OK" in connection.recv(100_000)
        assert server.process.wait(30) == 0


def test_without_an_index_it_starts_and_serves_one_that_appears_without_a_restart(built, tmp_path):
    index_dir = tmp_path / "index"
    with serving(built.model_copy(update={"index_dir": index_dir}), tmp_path / "log") as server:
        server.wait_for("not ready: no index")
        response = server.get("/readyz")
        assert (response.status_code, server.get("/healthz").status_code) == (503, 200)
        assert "flask --app wsgi index build" in response.json()["reason"]

        shutil.copytree(built.index_dir, index_dir)
        answers = [server.get("/ask", question="备案时间").json() for _ in range(8)]
        assert [answer["entry"]["id"] for answer in answers] == ["filing-time"] * 8
        assert server.get("/readyz").status_code == 200


def test_every_worker_follows_a_publish_refuses_what_is_damaged_and_recovers(built, tmp_path):
    index_dir = shutil.copytree(built.index_dir, tmp_path / "index")
    store = VersionStore(index_dir)
    first = store.current()
    second = copy_of(store, first, "second")
    with serving(built.model_copy(update={"index_dir": index_dir}), tmp_path / "log") as server:
        server.wait_for_all(first, workers=2)
        store.publish(second)
        server.wait_for_all(second, workers=2)

        damaged = copy_of(store, first, "third")
        (index_dir / damaged / "entries.jsonl").write_text("")
        store.publish(damaged)
        server.wait_for_metric("bot_index_refusing_workers 2.0")
        states = [server.get("/readyz").json() for _ in range(8)]
        assert {state["index_version"] for state in states} == {second}
        assert all("index third: SHA-256 of entries.jsonl" in state["refused"]["reason"] for state in states)
        assert server.get("/ask", question="备案时间").json()["index_version"] == second

        store.publish(first)
        server.wait_for_all(first, workers=2)
        server.wait_for_metric("bot_index_refusing_workers 0.0")


def test_a_worker_that_dies_counts_no_more_and_the_one_in_its_place_does(built, tmp_path):
    version = VersionStore(built.index_dir).current()
    with serving(built, tmp_path / "log") as server:
        server.wait_for_all(version, workers=2)
        os.kill(server.workers()[0], signal.SIGKILL)
        server.wait_for_all(version, workers=1)
        server.wait_for_all(version, workers=2)


def test_a_server_that_is_stopped_leaves_no_metrics_behind(built, tmp_path):
    with serving(built, tmp_path / "log", workers=1) as server:
        server.wait_for("ready at")
        mapped = Path(f"/proc/{server.workers()[0]}/maps").read_text().splitlines()
        (folder,) = {Path(line.split()[-1]).parent for line in mapped if "gauge_livesum" in line}
        assert folder.is_dir()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        assert not folder.exists()


def copy_of(store: VersionStore, version: str, name: str) -> str:
    """The same version under another name."""
    with store.workspace() as folder:
        shutil.copytree(store.folder / version, folder, dirs_exist_ok=True)
        for own in (MANIFEST_FILE, FACTS_FILE):
            (folder / own).unlink()
        manifest = replace(store.manifest(version), version=name, files=checksums(folder))
        return store.adopt(folder, manifest).version

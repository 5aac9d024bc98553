"""The triggers end to end: a real server, real builds, and the new answer where the old one was."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.operations import Operations
from bot.retrieval.locking import Holder, build_lock
from bot.stores import Stores
from tests.serving import PROJECT, Server, environment

KEY = "k" * 40
BEARER = {"Authorization": f"Bearer {KEY}"}
ENTRY = "\n## {question} {{#{id}}}\n\n### Answer\n\n{answer}\n"
WITHIN = 180
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def own(built, tmp_path_factory):
    """Settings of a bot of this module's own, that may be rebuilt."""
    root = tmp_path_factory.mktemp("rebuilding")
    for name in ("knowledge_dir", "index_dir"):
        shutil.copytree(getattr(built, name), root / name)
    folders = {name: root / name for name in ("knowledge_dir", "index_dir", "data_dir")}
    return built.model_copy(update=folders | {"admin_key": KEY})


@pytest.fixture(scope="module")
def server(own, tmp_path_factory):
    variables = {"BOT_ADMIN_KEY": KEY, "BOT_DATA_DIR": str(own.data_dir)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        server = Server(own, tmp_path_factory.mktemp("serving") / "log", workers=2)
    try:
        server.wait_for("ready at")
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)
        server.close()


def post(server, **headers):
    return server.http.post("/admin/index/rebuild", headers=BEARER | headers)


def job(server, job_id):
    """The job as it is now; over a connection of its own, since workers die here."""
    try:
        return httpx.get(f"{server.address}/admin/jobs/{job_id}", headers=BEARER, timeout=20).json()
    except httpx.HTTPError:
        return {"state": "unknown"}


def poll(server, job_id):
    """The job when it is over."""
    deadline = time.monotonic() + WITHIN
    while (found := job(server, job_id))["state"] not in ("succeeded", "rejected", "failed"):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def ask_until(server, question, answer):
    """Ask until this is the answer; a killed worker's connections are opened anew."""
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            reply = httpx.get(f"{server.address}/ask", params={"question": question}, timeout=20).json()
        except httpx.HTTPError:
            reply = {"answer": ""}
        if answer in reply["answer"]:
            return
        assert time.monotonic() < deadline, (reply, server.log.read_text())
        time.sleep(0.2)


def process_of(job_id):
    """Process id of the job's own process."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if job_id.encode() in (folder / "cmdline").read_bytes():
                    return int(folder.name)
            except OSError:
                continue
    raise AssertionError(f"no process of job {job_id}")


def add(own, name, **entry):
    (own.knowledge_dir / "en" / name).write_text(ENTRY.format(**entry), "utf-8")


def test_a_rebuild_outlives_the_worker_that_started_it_and_goes_live(server, own):
    add(own, "tea.md", id="tea", question="Do you serve oolong?", answer="Only at noon.")
    job_id = post(server).json()["id"]
    pid = process_of(job_id)
    status = (Path("/proc") / str(pid) / "status").read_text()
    worker = int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])
    opened = [os.readlink(link) for link in (Path("/proc") / str(pid) / "fd").iterdir() if link.exists()]
    assert [name for name in opened if name.startswith("socket:")] == []
    assert worker != server.process.pid
    os.kill(worker, signal.SIGKILL)
    over = poll(server, job_id)

    assert over["state"] == "succeeded"
    assert any("training the decision" in line for line in over["log"])
    assert over["result"]["report"].startswith(f"index {over['result']['version']} is live: 7 entries")
    ask_until(server, "Do you serve oolong?", "Only at noon.")


def test_a_broken_file_is_named_and_the_service_goes_on(server, own):
    broken = own.knowledge_dir / "zh" / "broken.md"
    broken.write_text("# 坏\n\n## 没有回答？ {#broken}\n", "utf-8")
    over = poll(server, post(server).json()["id"])
    broken.unlink()

    assert over["state"] == "rejected"
    assert 'zh/broken.md:3: error: entry "broken" has no answer' in over["result"]["report"]
    assert server.get("/ask", question="备案时间").json()["entry"]["id"] == "filing-time"


def test_a_killed_build_is_noticed_and_the_next_one_starts(server):
    job_id = post(server, **{"Idempotency-Key": "first try"}).json()["id"]
    os.kill(process_of(job_id), signal.SIGKILL)
    over = poll(server, job_id)
    again = post(server, **{"Idempotency-Key": "first try"}).json()
    other = post(server).json()

    assert over["state"] == "failed"
    assert "start another rebuild" in over["result"]["report"]
    assert (again["id"], again["state"]) == (job_id, "failed")
    assert poll(server, other["id"])["state"] == "succeeded"


def test_a_rebuild_waits_for_another_process_that_builds(server, own):
    holder = Holder(os.getpid(), "mei", "noon")
    with build_lock(own.index_dir, holder):
        job_id = post(server).json()["id"]
        deadline = time.monotonic() + WITHIN
        while "waiting for" not in job(server, job_id)["progress"]["what"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        waiting = job(server, job_id)
    over = poll(server, job_id)

    assert (waiting["state"], waiting["progress"]["what"]) == ("running", f"waiting for {holder}")
    assert over["state"] == "succeeded"
    assert over["result"]["report"].startswith("nothing has changed")


def test_a_rebuild_started_at_the_desk_is_in_its_operators_name(server, own):
    Stores(own).desk_access.set_password("mei", "correct horse battery")
    add(own, "coffee.md", id="coffee", question="Do you serve espresso?", answer="All day.")
    with httpx.Client(base_url=f"{server.address}/admin", follow_redirects=True, timeout=20) as desk:
        desk.post("/login", data={"name": "mei", "password": "correct horse battery"})
        form = dict(re.findall(r'name="(csrf_token|token)" value="([^"]+)"', desk.get("/rebuilds").text))
        page = desk.post("/rebuilds", data=form)
    over = poll(server, page.url.path.rsplit("/", 1)[1])

    assert over["state"] == "succeeded"
    assert Operations(own).store.history.events()[-1].by == "mei"
    assert [record.action for record in Stores(own).audit.newest(9)] == ["Started a rebuild"]


@contextmanager
def watching(own, log):
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "index", "watch"]
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment(own, 8000, 1), stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(process, log, words):
    deadline = time.monotonic() + WITHIN
    while words not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_a_saved_file_goes_live_by_itself_and_a_broken_one_does_not(server, own, tmp_path):
    log = tmp_path / "log"
    with watching(own, log) as watcher:
        wait_for(watcher, log, "watching ")
        (own.knowledge_dir / "zh" / "broken.md").write_text("## 没有回答？ {#broken}\n", "utf-8")
        wait_for(watcher, log, "the live index stays; waiting for the next change")
        assert 'zh/broken.md:1: error: entry "broken" has no answer' in log.read_text()

        (own.knowledge_dir / "zh" / "broken.md").unlink()
        add(own, "tea.md", id="tea", question="Do you serve oolong?", answer="At noon and at five.")
        ask_until(server, "Do you serve oolong?", "At noon and at five.")
        wait_for(watcher, log, " is live: 8 entries")

        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(30) == 0
    assert log.read_text().endswith("stopped\n")

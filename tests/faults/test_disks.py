"""Disks that are full or read-only: customers get their answers, operators are told, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.retrieval.versions import VersionStore
from tests.faults.conftest import KEY, WORKERS, is_well, store
from tests.faults.wechat import Held, push
from tests.store.faults import until

pytestmark = pytest.mark.model
BEARER = {"Authorization": f"Bearer {KEY}"}
ENTRY = "\n## Do you serve oolong? {#tea}\n\n### Answer\n\nOnly at noon.\n"


def ask(server, question, **more):
    return server.http.post("/ask", json={"question": question, **more}).json()


def rebuilt(server):
    """A rebuild that was asked for, when it is over."""
    job = server.http.post("/admin/index/rebuild", headers=BEARER).json()["id"]
    found = {}

    def is_over():
        found.update(server.http.get(f"/admin/jobs/{job}", headers=BEARER).json())
        return found["state"] in ("succeeded", "rejected", "failed")

    until(is_over, within=180)
    return found


def live(server):
    return server.get("/readyz").json()


def test_while_the_data_disk_is_full_questions_are_answered_and_logged_when_there_is_room(
    server, machine, asked
):
    with machine.full(server, "data"):
        replies = [ask(server, "备案时间", session_id=f"visitor-{n}-of-a-full-disk") for n in range(20)]
        assert [reply["entry"]["id"] for reply in replies] == ["filing-time"] * 20
        until(lambda: store(server)["status"] == "failing")
        assert "full" in store(server)["reason"]

    until(lambda: {reply["request_id"] for reply in replies} <= {*asked()})


def test_a_customer_of_the_mini_program_is_answered_when_there_is_room_again(server, machine, wechat):
    complaints = server.log.read_text().count("the store failed")
    with ThreadPoolExecutor(1) as pool:
        with machine.full(server, "data"):
            delivery = pool.submit(push, server.address, "full disk")
            until(lambda: server.log.read_text().count("the store failed") > complaints)
        assert delivery.result().text == "success"

    until(lambda: wechat.by("full disk"))
    assert len(wechat.by("full disk")) == 1


def test_a_message_sent_while_its_outcome_cannot_be_written_is_not_sent_again_and_holds_up_no_other(
    server, machine, wechat, states
):
    held = Held(wechat, at_most=20)
    push(server.address, "forgetful")
    assert held.is_here.wait(20)
    with machine.full(server, "data"):
        held.let_go()
        until(lambda: "sent; the database failed" in server.log.read_text())
    push(server.address, "forgetful", "food licence for a mini program")

    until(lambda: len(wechat.by("forgetful")) == 2)
    assert len({*wechat.by("forgetful")}) == 2
    until(lambda: states()[-2:] == ["sent", "sent"])


def test_what_befalls_the_index_folder_is_told_and_the_live_version_serves_until_a_build(
    server, machine, knowledge
):
    """Full, read-only, then empty; the knowledge has changed, so that each build has something to write."""
    version = live(server)["index_version"]
    tea = knowledge / "en" / "tea.md"
    tea.write_text(ENTRY, "utf-8")
    for fault in (machine.full, machine.read_only):
        with fault(server, "index"):
            job = rebuilt(server)
            assert (job["state"], ask(server, "备案时间")["index_version"]) == ("failed", version)
            assert f"cannot write to {machine.folder}/index" in job["result"]["report"]
            assert job["result"]["report"].strip().endswith("free some space or set BOT_INDEX_DIR")

    machine.empty(server, "index")
    server.wait_for_metric(f"bot_index_refusing_workers {WORKERS}.0")
    assert "is gone" in live(server)["refused"]["reason"] or "no index" in live(server)["refused"]["reason"]
    assert ask(server, "备案时间")["index_version"] == version

    assert rebuilt(server)["state"] == "succeeded"
    server.wait_for_all(VersionStore(machine.seen_by(server, "index")).current(), workers=WORKERS)
    assert ask(server, "Do you serve oolong?")["answer"].startswith("Only at noon.")
    assert is_well(server)

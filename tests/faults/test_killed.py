"""Processes that are killed at work: what they had begun is done once, and another takes their place."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from bot.retrieval.versions import VersionStore
from tests.faults.conftest import WORKERS
from tests.faults.wechat import Held, push
from tests.store.faults import until
from tests.test_serving import copy_of

pytestmark = pytest.mark.model
QUESTIONS = {"备案时间": "filing-time", "food licence for a mini program": "licence-food"}


def process(server, words):
    """The child of the server that runs this command, 0 = there is none."""
    for pid in server.children():
        with suppress(OSError):
            if words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                return pid
    return 0


def ask(server, question):
    """The id of the entry that answers; asked again while the worker that had the question dies."""
    while True:
        try:
            reply = httpx.get(f"{server.address}/ask", params={"question": question}, timeout=20)
        except httpx.TransportError:
            continue
        assert reply.status_code == 200
        return reply.json()["entry"]["id"]


def test_killed_workers_are_replaced_while_questions_are_answered(server):
    before = server.workers()
    with ThreadPoolExecutor(4) as pool:
        asked = list(QUESTIONS) * 30
        answers = pool.map(lambda question: ask(server, question), asked)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        assert list(answers) == [QUESTIONS[question] for question in asked]
    until(lambda: len(server.workers()) == WORKERS and not {*before} & {*server.workers()})


def test_a_worker_killed_while_a_version_goes_live_comes_back_with_that_version(server, machine):
    store = VersionStore(machine.seen_by(server, "index"))
    first = store.current()
    second = copy_of(store, first, "second")
    store.publish(second)
    os.kill(server.workers()[0], signal.SIGKILL)
    server.wait_for_all(second, workers=WORKERS)

    store.publish(first)
    server.wait_for_all(first, workers=WORKERS)


def test_a_sender_killed_over_a_message_sends_it_no_second_time_and_all_others_once(server, wechat, states):
    held = Held(wechat, at_most=3)
    push(server.address, "killed-over")
    assert held.is_here.wait(20)
    os.kill(process(server, "wechat send"), signal.SIGKILL)
    push(server.address, "killed-over", "food licence for a mini program")
    push(server.address, "bystander")

    until(lambda: wechat.by("bystander") and len(wechat.by("killed-over")) == 2)
    assert len({*wechat.by("killed-over")}) == 2
    assert len(wechat.by("bystander")) == 1
    until(lambda: states()[-3:] == ["unknown", "sent", "sent"])


def test_a_sender_that_is_told_to_stop_finishes_the_message_it_is_sending(server, wechat, states):
    held = Held(wechat, at_most=2)
    push(server.address, "stopped-over")
    assert held.is_here.wait(20)
    sender = process(server, "wechat send")
    os.kill(sender, signal.SIGTERM)
    held.let_go()
    until(lambda: not Path(f"/proc/{sender}").exists())
    push(server.address, "stopped-over")

    until(lambda: len(wechat.by("stopped-over")) == 2)
    until(lambda: states()[-2:] == ["sent", "sent"])

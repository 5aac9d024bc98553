"""A server that is told to stop finishes what it has begun; a sender whose server is killed stops as well."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import rows
from tests.faults.test_killed import process
from tests.faults.wechat import Held, push
from tests.serving import serving
from tests.store.faults import until

pytestmark = pytest.mark.model
BODY = b'{"question": "filing duration"}'
HEAD = b"POST /ask HTTP/1.1\r\nHost: bot\r\nContent-Length: %d\r\n\r\n" % len(BODY)


@pytest.fixture
def stopped(built, channel, tmp_path):
    settings = built.model_copy(update={"data_dir": tmp_path / "data"})
    with serving(settings, tmp_path / "log", workers=1, **channel) as server:
        server.wait_for("ready at")
        until(lambda: process(server, "wechat send"))
        yield server, settings.data_dir


def runs(pid):
    """Whether it does: one that has ended, and that nobody asks about, does not."""
    with suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_requests_and_a_message_in_flight_are_finished_when_the_server_is_stopped(stopped, wechat):
    server, data = stopped
    held = Held(wechat, at_most=2)
    push(server.address, "stopping")
    assert held.is_here.wait(30)
    sender = process(server, "wechat send")
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(12)]
    for client in clients:
        client.sendall(HEAD + BODY[:-1])
    server.get("/healthz")
    server.process.send_signal(signal.SIGTERM)
    server.wait_for("Handling signal: term")
    held.let_go()
    for client in clients:
        client.sendall(BODY[-1:])

    assert [client.recv(12) for client in clients] == [b"HTTP/1.1 200"] * len(clients)
    for client in clients:
        client.close()
    assert server.process.wait(40) == 0
    until(lambda: not runs(sender))
    assert rows(data / "bot.db", "SELECT state FROM outbox") == [("sent",)]
    assert len(wechat.by("stopping")) == 1
    assert "Traceback" not in server.log.read_text()


def test_workers_and_sender_of_a_server_that_is_killed_stop_by_themselves(stopped):
    server, _ = stopped
    left = server.children()
    assert len(left) == 2
    server.process.kill()
    server.process.wait()

    until(lambda: not any(map(runs, left)))

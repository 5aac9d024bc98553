"""Connections by the thousand that ask nothing, and clients that drip; with nginx before it and without."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.faults.nginx import proxied
from tests.store.faults import until

pytestmark = pytest.mark.model
IDLE, SLOW = 10_000, 30
# A thread for each would take many times as much.
BYTES_A_CONNECTION = 20_000
HEAD = b"POST /ask HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n"
# What a client sends at first, and what byte by byte from then on; the last one reads nothing of its answers.
SENDERS = {
    "head": (HEAD, b"X: " + b"x" * 1_000),
    "body": (HEAD + b"Content-Length: 1000\r\n\r\n", b" " * 1_000),
}
READER = (b"GET /openapi.json HTTP/1.1\r\nHost: bot\r\n\r\n" * 300, b"")


@pytest.fixture(scope="module")
def nginx(server, tmp_path_factory):
    """The site in deploy/ before the server."""
    with proxied(server.port, tmp_path_factory.mktemp("nginx")) as nginx:
        yield nginx


@pytest.fixture
def many_files():
    """As many connections as the test wants."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 1_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, before[1])))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Client:
    """One of few words: what it has to say comes byte by byte, and it reads slowly or not at all."""

    def __init__(self, stack: ExitStack, port: int, first: bytes, more: bytes, tls=None) -> None:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.settimeout(20)
        line.connect(("127.0.0.1", port))
        self.line = stack.enter_context(tls.wrap_socket(line) if tls else line)
        self.line.sendall(first)
        self._more = iter(more)

    def is_let_go(self) -> bool:
        """Say the next byte; whether nobody listens any more."""
        try:
            self.line.sendall(bytes([next(self._more)]))
        except OSError:
            return True
        return False


def answered(server, times):
    """Each over a connection of its own, so that all workers get some."""
    for _ in range(times):
        reply = httpx.get(f"{server.address}/ask", params={"question": "备案时间"}, timeout=30)
        assert reply.json()["entry"]["id"] == "filing-time"


def answered_by(nginx):
    assert nginx.get("/ask", question="备案时间").json()["entry"]["id"] == "filing-time"


def memory(server):
    """Bytes of all workers together."""
    pages = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in server.workers()]
    return sum(map(int, pages)) * resource.getpagesize()


def connect(stack, port, times):
    for _ in range(times):
        stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))


def test_ten_thousand_who_ask_nothing_keep_nobody_from_an_answer(server, many_files):
    answered(server, 10)
    before, workers = memory(server), server.workers()
    with ExitStack() as stack:
        connect(stack, server.port, IDLE)
        answered(server, 20)
        assert memory(server) - before < IDLE * BYTES_A_CONNECTION
    assert server.workers() == workers


def test_ten_thousand_who_ask_nothing_of_nginx_keep_nobody_from_an_answer(nginx, many_files):
    with ExitStack() as stack:
        connect(stack, nginx.port, IDLE)
        for _ in range(5):
            answered_by(nginx)


def test_who_sends_byte_by_byte_keeps_nobody_waiting_and_is_let_go(server, nginx):
    with ExitStack() as stack:
        clients = [Client(stack, server.port, *what) for what in SENDERS.values() for _ in range(SLOW)]
        # At nginx, one address has no more than 20 requests under way.
        others = [Client(stack, nginx.port, *SENDERS["head"], tls=nginx.tls) for _ in range(SLOW)]
        others += [Client(stack, nginx.port, *SENDERS["body"], tls=nginx.tls) for _ in range(10)]

        def are_let_go():
            time.sleep(0.3)
            answered(server, 1)
            return {client.is_let_go() for client in clients + others[:SLOW]} == {True}

        answered_by(nginx)
        until(are_let_go)
        answered_by(nginx)


def test_who_reads_nothing_keeps_nobody_waiting(server, nginx):
    with ExitStack() as stack:
        for _ in range(SLOW):
            Client(stack, server.port, *READER)
        for _ in range(10):
            Client(stack, nginx.port, *READER, tls=nginx.tls)
        answered(server, 10)
        answered_by(nginx)

"""A real gunicorn that anybody can reach: slow clients, broken requests, and callers over all workers."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import ExitStack, suppress

import httpx
import pytest

from bot.settings import Settings
from tests.serving import serving

PATIENCE = 40.0
# Without it these would be programs of the operator's own, which are not counted.
THROUGH_PROXY = {"X-Forwarded-For": "192.0.2.7"}
HEAD = b"POST /ask HTTP/1.1\r\nHost: bot\r\nContent-Length: 300\r\n"
# Each of these would hold a thread for as long as it likes, and there are eight.
SLOW = {
    "says nothing": b"",
    "stops in its head": HEAD,
    "stops in its body": HEAD + b'\r\n{"question": ',
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Two workers without an index, which is not needed here; twenty requests an hour on ``/ask``."""
    root = tmp_path_factory.mktemp("exposure")
    folders = {name: root / name for name in ("index_dir", "data_dir", "knowledge_dir")}
    with serving(Settings(rate_per_address="20/hour", **folders), root / "log") as server:
        server.wait_for("not ready: no index")
        yield server


def opened(server, data):
    """A client that has sent this."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    client.sendall(data)
    return client


def heard(client):
    """What the client gets until the server ends it."""
    replies = []
    with client, suppress(ConnectionResetError):  # what it had sent was not all read
        while reply := client.recv(100_000):
            replies.append(reply)
    return b"".join(replies)


def statuses(server, path, times):
    """Of so many requests, each on a connection of its own, so that every worker gets some."""
    options = {"headers": THROUGH_PROXY, "timeout": PATIENCE}
    return Counter(httpx.get(server.address + path, **options).status_code for _ in range(times))


def test_callers_are_counted_over_all_workers(server):
    # 503: it has nothing to answer with, but it would.
    assert statuses(server, "/ask?question=hi", 60) == {503: 20, 429: 40}
    assert statuses(server, "/healthz", 30) == {200: 30}


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW.keys())
def test_slow_clients_keep_nobody_else_waiting(server, start):
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(opened(server, start))
        assert statuses(server, "/healthz", 20) == {200: 20}


def test_where_few_files_may_be_open_who_waits_longest_makes_room(tmp_path):
    """A worker has 200 for itself; 400 connections come to two."""
    folders = {name: tmp_path / name for name in ("index_dir", "data_dir", "knowledge_dir")}
    few_files = ["sh", "-c", 'ulimit -n 300 && exec "$@"', "sh"]
    with serving(Settings(rate_per_address="", **folders), tmp_path / "log", 2, few_files) as server:
        server.wait_for("not ready: no index")
        with ExitStack() as stack:
            clients = [stack.enter_context(opened(server, HEAD)) for _ in range(400)]
            assert statuses(server, "/healthz", 20) == {200: 20}
            assert heard(clients[0]) == b""
        assert "Traceback" not in server.log.read_text()


def test_a_request_that_does_not_arrive_is_given_up(server):
    clients = [opened(server, start) for start in SLOW.values()]

    assert [heard(client) for client in clients] == [b""] * len(SLOW)


def test_a_request_may_come_in_pieces(server):
    body = b'{"question": "hi"}'
    pieces = [b"POST /healt", b"hz HTTP/1.1\r\nHost: bot\r\nContent-Le", b"ngth: %d\r\n\r" % len(body), b"\n"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (*pieces, *(body[i : i + 1] for i in range(len(body)))):
            client.sendall(piece)
        assert client.recv(1000).startswith(b"HTTP/1.1 405 ")


def test_two_requests_on_one_connection_are_both_answered(server):
    request = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    assert heard(opened(server, request + last)).count(b"HTTP/1.1 200 OK") == 2


def test_who_ends_in_the_middle_of_a_request_is_let_go(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        client.sendall(HEAD)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000) == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: bot\r\n\r\n", b"414"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\n" + b"X: x\r\n" * 100 + b"\r\n", b"431"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\nX: " + b"x" * 600_000, b"431"),
        (b"POST /ask HTTP/1.1\r\nHost: bot\r\nContent-Length: -1\r\n\r\n", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
)
def test_a_head_that_is_too_long_or_none_is_refused(server, head, status):
    assert heard(opened(server, head)).startswith(b"HTTP/1.1 " + status)


def test_no_proxy_is_believed_by_default(server):
    def ask(number):
        forwarded = {"X-Forwarded-For": f"203.0.113.{number}", "X-Forwarded-Proto": "https"}
        return httpx.get(f"{server.address}/ask?question=hi", headers=forwarded, timeout=PATIENCE)

    assert [ask(number).status_code for number in range(25)][20:] == [429] * 5

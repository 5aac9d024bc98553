"""The load client of ``make bench`` against a real server, in all the ways that servers end their replies."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.performance.http_client import ask_each, get, is_whole, load, post_json
from benchmarks.soak.open_loop import Request, Response, drive


class _Echo(BaseHTTPRequestHandler):
    """Says the request's body again: by its length, in chunks, or until the connection closes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404 if self.path == "/nothing" else 200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (body[:3], body[3:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
            return
        if self.path == "/closing":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/length", "/chunks", "/closing"])
def test_every_reply_is_whole_and_in_order(port: int, path: str) -> None:
    questions = [f"第{number}个问题" for number in range(20)]
    replies = ask_each(port, [post_json(path, question) for question in questions], clients=3)
    assert [reply.body.decode() for reply in replies] == [f'"{question}"' for question in questions]
    assert {reply.status for reply in replies} == {200}


def test_a_load_counts_replies_and_failures(port: int) -> None:
    found = load(port, [post_json("/length", 1), post_json("/nothing", 1)], clients=2, seconds=0.2)
    assert found.failures > 0
    assert abs(found.failures - len(found.latencies)) <= 2
    assert found.throughput == len(found.latencies) / found.seconds
    assert found.client_share > 0


def test_what_a_server_refuses_is_a_failure(port: int) -> None:
    assert ask_each(port, [get("/x")])[0].status == 501


def test_a_reply_without_a_body_ends_with_its_head() -> None:
    assert is_whole(bytearray(b"HTTP/1.1 204 NO CONTENT\r\nServer: x\r\n\r\n"))
    assert not is_whole(bytearray(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"))


def test_in_an_open_loop_requests_do_not_wait_for_each_other(port: int) -> None:
    start, path = time.monotonic(), "/length"
    sent = [Request(start + number / 100, post_json(path, number), "x", 5.0) for number in range(50)]
    found: list[Response] = []
    drive(port, iter(sent), found.append)
    assert sorted(response.body for response in found) == sorted(str(number).encode() for number in range(50))
    assert {response.status for response in found} == {200}


def test_in_an_open_loop_a_connection_that_the_server_closed_is_not_used_again(port: int) -> None:
    start = time.monotonic()
    sent = [Request(start + number / 20, post_json("/closing", number), "x", 5.0) for number in range(10)]
    found: list[Response] = []
    drive(port, iter(sent), found.append)
    assert [response.status for response in found] == [200] * 10


def test_in_an_open_loop_who_is_not_answered_in_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found: list[Response] = []
        drive(deaf.getsockname()[1], iter([Request(time.monotonic(), b"x", "x", 0.1)]), found.append)
    assert [response.status for response in found] == [0]

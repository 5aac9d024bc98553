"""The load client of ``make bench`` against a real server, in all the ways that servers end their replies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.performance.http_client import ask_each, get, load, post_json


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

"""A request and its response on one connection: what is on the wire, and when the connection may be kept."""

from __future__ import annotations

import io
import logging
import re
import socket
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from bot.http_exchange import DirectParser, fixed, respond

LENGTH = [("Content-Length", "2")]
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Exchange:
    """A connection to a server of one application."""

    def __init__(self, ours, theirs):
        self.theirs = theirs
        config = fixed(Config())
        self._connection = SimpleNamespace(
            cfg=config, sock=ours, client=("127.0.0.1", 1), server=("127.0.0.1", 2)
        )
        self._worker = SimpleNamespace(wsgi=None, log=logging.getLogger("gunicorn.error"))
        self._parser = DirectParser(config, ours, self._connection.client)

    def serve(self, app, sent=b"", *, is_last=False):
        self.theirs.sendall(sent)
        self._worker.wsgi = app
        is_kept = respond(self._worker, next(self._parser), self._connection, is_last=is_last)
        return is_kept and self._parser.finish_body()

    def received(self):
        return self.theirs.recv(65536)


@pytest.fixture
def exchange():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        yield Exchange(ours, theirs)


def ok(environ, start_response):
    start_response("200 OK", LENGTH)
    return [b"ok"]


def echo(environ, start_response):
    start_response("200 OK", LENGTH)
    return [environ["wsgi.input"].read(2)]


def broken(environ, start_response):
    raise ValueError("nothing begun")


def cut_off(environ, start_response):
    start_response("200 OK", LENGTH)
    yield b"o"
    raise ValueError("begun")


def test_a_response_comes_whole_and_dated_and_the_connection_is_kept(exchange):
    assert exchange.serve(ok, GET)

    head, _, body = exchange.received().decode().partition("\r\n\r\n")
    assert (head.splitlines()[0], body) == ("HTTP/1.1 200 OK", "ok")
    assert "Connection: keep-alive" in head
    assert parsedate_to_datetime(re.search("Date: (.*)", head)[1]).tzinfo is not None


def test_the_last_response_says_so(exchange):
    assert not exchange.serve(ok, GET, is_last=True)

    assert b"\r\nConnection: close\r\n" in exchange.received()


def test_a_body_that_nobody_read_is_not_taken_for_the_next_request(exchange):
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
    assert exchange.serve(ok, post + b"more" + post + b"last")
    assert exchange.serve(echo)

    assert exchange.received().endswith(b"la")


def test_a_response_without_a_length_is_sent_in_chunks(exchange):
    def stream(environ, start_response):
        start_response("200 OK", [])
        return [b"one", b"two"]

    assert exchange.serve(stream, GET)
    head, _, body = exchange.received().partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_file_is_sent_and_closed(exchange):
    file = io.BytesIO(b"ok")

    def send(environ, start_response):
        start_response("200 OK", LENGTH)
        return environ["wsgi.file_wrapper"](file)

    assert exchange.serve(send, GET)
    assert exchange.received().endswith(b"\r\n\r\nok")
    assert file.closed


def test_an_application_that_fails_before_it_begins_leaves_the_answer_to_others(exchange):
    with pytest.raises(ValueError, match="nothing begun"):
        exchange.serve(broken, GET)


def test_a_response_that_was_begun_is_cut_off(exchange):
    with pytest.raises(StopIteration):
        exchange.serve(cut_off, GET)


@pytest.mark.parametrize("header", [b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: on"])
def test_no_client_says_by_itself_that_it_came_by_https(exchange, header):
    def scheme(environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        return [environ["wsgi.url_scheme"].encode()]

    exchange.serve(scheme, GET[:-2] + header + b"\r\n\r\n")

    assert exchange.received().endswith(b"http")


@pytest.mark.parametrize("version, is_kept", [(b"1.1", True), (b"1.0", False)])
def test_old_clients_are_not_waited_for(exchange, version, is_kept):
    assert exchange.serve(ok, GET.replace(b"1.1", version)) is is_kept

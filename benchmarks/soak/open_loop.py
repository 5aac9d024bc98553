"""An open-loop load client: requests are sent when they are due, whether or not earlier ones were answered.

Customers do not wait for each other. A reply's time counts from when its request was due, so that a client
that falls behind hides nothing. Raw sockets, one thread and epoll, as in the closed loop of ``make bench``.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.performance.http_client import is_whole

_RECEIVED_AT_ONCE = 1 << 18
_IN_PROGRESS = (0, errno.EINPROGRESS)
# A kept connection that waits for longer is closed: servers close theirs after five seconds.
_KEPT_SECONDS = 2.0


@dataclass(frozen=True)
class Request:
    """What goes over the wire when; ``patience`` in seconds; ``about``: whatever the receiver needs."""

    due: float
    data: bytes
    channel: str
    patience: float
    about: Any = None


@dataclass(frozen=True)
class Response:
    """What came back: seconds since the request was due, HTTP status (0: none in time), head and body."""

    request: Request
    seconds: float
    status: int
    head: bytes
    body: bytes


Note = Callable[[Response], None]


def drive(port: int, requests: Iterator[Request], note: Note, *, keeps: bool = True) -> None:
    """Send each request when it is due, and wait for what is on its way in the end.

    ``keeps``: connections are used again; otherwise each request has its own.
    """
    with selectors.DefaultSelector() as selector:
        _Driver(port, selector, note, keeps).run(requests)


class _Driver:
    def __init__(self, port: int, selector: selectors.BaseSelector, note: Note, keeps: bool) -> None:
        self._port = port
        self._selector = selector
        self._note = note
        self._keeps = keeps
        self._busy: dict[_Exchange, None] = {}
        self._kept: deque[tuple[float, socket.socket]] = deque()

    def run(self, requests: Iterator[Request]) -> None:
        """Until all are sent and answered, or given up."""
        following = next(requests, None)
        while following or self._busy:
            now = time.monotonic()
            while following and following.due <= now:
                self._begin(following)
                following = next(requests, None)
            self._wait(min(max(following.due - time.monotonic(), 0.0), 0.05) if following else 0.05)
        for _, connection in self._kept:
            connection.close()

    def _begin(self, request: Request) -> None:
        exchange = _Exchange(request, self._connection(request))
        self._busy[exchange] = None
        self._selector.register(exchange.connection, selectors.EVENT_WRITE, exchange)

    def _connection(self, request: Request) -> socket.socket:
        while self._kept:
            since, connection = self._kept.pop()
            if request.due - since < _KEPT_SECONDS:
                return connection
            connection.close()
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if (code := connection.connect_ex(("127.0.0.1", self._port))) not in _IN_PROGRESS:
            raise OSError(code, "cannot connect")
        return connection

    def _wait(self, seconds: float) -> None:
        for key, events in self._selector.select(seconds):
            exchange: _Exchange = key.data
            if events & selectors.EVENT_WRITE:
                exchange.send()
                self._selector.modify(exchange.connection, selectors.EVENT_READ, exchange)
            elif exchange.receive():
                self._end(exchange)
        now = time.monotonic()
        for exchange in [each for each in self._busy if each.request.due + each.request.patience < now]:
            exchange.is_open = False
            exchange.buffer.clear()
            self._end(exchange)

    def _end(self, exchange: _Exchange) -> None:
        del self._busy[exchange]
        self._selector.unregister(exchange.connection)
        response = exchange.response()
        if self._keeps and exchange.is_open and b"connection: close" not in response.head.lower():
            self._kept.append((time.monotonic(), exchange.connection))
        else:
            exchange.connection.close()
        self._note(response)


@dataclass(eq=False)
class _Exchange:
    request: Request
    connection: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    is_open: bool = True

    def send(self) -> None:
        """All at once: a request fits into the socket's buffer."""
        try:
            self.connection.send(self.request.data)
        except OSError:  # the server refuses, or closed a kept connection: receiving finds out
            return

    def receive(self) -> bool:
        """Whether the response is at its end."""
        try:
            data = self.connection.recv(_RECEIVED_AT_ONCE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.buffer += data
        self.is_open = bool(data)
        return not data or is_whole(self.buffer)

    def response(self) -> Response:
        """What was received."""
        head, _, body = bytes(self.buffer).partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/") else 0
        return Response(self.request, time.monotonic() - self.request.due, status, head, body)

"""A load client that costs the server little: requests made beforehand, raw sockets, one thread and epoll.

Closed loop: each client sends its next request when it has the reply to the last one. What the client itself
takes of the processor is measured with every load, so that nobody has to believe that it is little.
"""

from __future__ import annotations

import itertools
import json
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_BODILESS = re.compile(rb"HTTP/1\.[01] (?:204|304) ")
_CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_RECEIVED_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Reply:
    """What came back to the request of that number: seconds, HTTP status (0: no reply), and body."""

    number: int
    seconds: float
    status: int
    body: bytes


@dataclass(frozen=True)
class Load:
    """What a load came to: seconds of each reply and of all, failed requests, seconds of the client's CPU."""

    seconds: float
    latencies: tuple[float, ...]
    failures: int
    client_cpu: float

    @property
    def throughput(self) -> float:
        """Replies a second."""
        return len(self.latencies) / self.seconds

    @property
    def client_share(self) -> float:
        """The client's share of one core."""
        return self.client_cpu / self.seconds


def post(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def post_json(path: str, value: object) -> bytes:
    """The same with a JSON body."""
    return post(path, json.dumps(value, ensure_ascii=False).encode())


def get(path: str) -> bytes:
    """A GET request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Send the requests round and round for some seconds; those that are on their way are waited for."""
    latencies: list[float] = []
    failures = 0

    def note(reply: Reply) -> None:
        nonlocal failures
        if reply.status == 200:
            latencies.append(reply.seconds)
        else:
            failures += 1

    started, cpu = time.perf_counter(), time.process_time()
    drive(port, itertools.cycle(requests), clients, started + seconds, note)
    ended = time.perf_counter()
    return Load(ended - started, tuple(latencies), failures, time.process_time() - cpu)


def ask_each(port: int, requests: Sequence[bytes], clients: int = 2, seconds: float = 3600.0) -> list[Reply]:
    """Each request once, as far as the time allows; replies in the order of the requests."""
    replies: list[Reply] = []
    drive(port, iter(requests), clients, time.perf_counter() + seconds, replies.append)
    return sorted(replies, key=lambda reply: reply.number)


def drive(
    port: int, requests: Iterator[bytes], clients: int, deadline: float, note: Callable[[Reply], None]
) -> None:
    """Keep so many clients busy until the requests are used up or it is later than ``deadline``."""
    numbered = enumerate(requests)
    with selectors.DefaultSelector() as selector:
        started = sum(_Client(port, selector).begin(numbered) for _ in range(clients))
        while started:
            for key, _ in selector.select():
                client: _Client = key.data
                reply = client.receive()
                if reply is None:
                    continue
                note(reply)
                if time.perf_counter() >= deadline or not client.begin(numbered):
                    client.leave()
                    started -= 1


@dataclass(eq=False)
class _Client:
    """One connection: kept, and opened anew where the server closes it."""

    port: int
    selector: selectors.BaseSelector
    number: int = 0
    started: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)
    connection: socket.socket | None = None

    def begin(self, numbered: Iterator[tuple[int, bytes]]) -> bool:
        """Send the next request, if there is one."""
        following = next(numbered, None)
        if following is None:
            return False
        self.number, request = following
        self.buffer.clear()
        self.started = time.perf_counter()
        self._connected().sendall(request)
        return True

    def _connected(self) -> socket.socket:
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(self.connection, selectors.EVENT_READ, self)
        return self.connection

    def receive(self) -> Reply | None:
        """What has come; the reply when it is whole."""
        data = self._received()
        self.buffer += data
        if data and not is_whole(self.buffer):
            return None
        seconds = time.perf_counter() - self.started
        head, _, body = bytes(self.buffer).partition(_HEAD_END)
        if not data or _CLOSING.search(head):
            self.leave()
        status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/") else 0
        return Reply(self.number, seconds, status, _joined(body) if _CHUNKED.search(head) else body)

    def _received(self) -> bytes:
        assert self.connection is not None
        try:
            return self.connection.recv(_RECEIVED_AT_ONCE)
        except OSError:
            return b""

    def leave(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.selector.unregister(self.connection)
            self.connection.close()
            self.connection = None


def is_whole(buffer: bytearray) -> bool:
    """Whether a response has come to its end; one that only ends with its connection has not."""
    end = buffer.find(_HEAD_END)
    if end < 0:
        return False
    head = bytes(buffer[:end])
    if _BODILESS.match(head):
        return True
    if length := _LENGTH.search(head):
        return len(buffer) >= end + len(_HEAD_END) + int(length[1])
    return bool(_CHUNKED.search(head)) and buffer.endswith(b"0\r\n\r\n")


def _joined(body: bytes) -> bytes:
    """The content of a body that came in chunks."""
    parts = []
    while size := int(body.partition(b"\r\n")[0] or b"0", 16):
        body = body.partition(b"\r\n")[2]
        parts.append(body[:size])
        body = body[size + 2 :]
    return b"".join(parts)

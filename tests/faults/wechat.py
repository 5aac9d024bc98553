"""A WeChat API whose line and servers fail: it speaks to the socket itself, so that it can break any rule."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from socketserver import StreamRequestHandler, ThreadingTCPServer

import httpx

from tests.wechat.fakes import json_push, signed_query

MINI = "/wechat/mini"
OK = b'{"errcode": 0, "errmsg": "ok"}'
TOKEN_OF_API = b'{"access_token": "token-1", "expires_in": 7200}'
_ids = count(1)
# What it does with a connection instead of answering well.
Misfortune = Callable[[socket.socket], object]


class BrokenWechat:
    """Keeps what arrived; ``misfortunes`` befall the next messages, ``of_tokens`` the next tokens."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []
        self.misfortunes: deque[Misfortune] = deque()
        self.of_tokens: deque[Misfortune] = deque()
        self.is_over = threading.Event()

    def by(self, user: str) -> list[str]:
        """The texts that reached this user's WeChat, also those whose sender heard nothing of it."""
        return [text for who, text in self.arrived if who == user]

    def answer(self, path: str, body: dict, line: socket.socket) -> None:
        """One call, whose request is here as a whole."""
        if path.startswith("/cgi-bin/stable_token"):
            befalls, answer = self.of_tokens, TOKEN_OF_API
        else:
            befalls, answer = self.misfortunes, OK
            self.arrived.append((body["touser"], body["text"]["content"]))
        act = befalls.popleft() if befalls else says(answer)
        act(line)


class _Line(StreamRequestHandler):
    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        length = 0
        while (header := self.rfile.readline().strip().lower()) != b"":
            if header.startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        with suppress(OSError):  # the sender may hang up
            self.server.wechat.answer(path, json.loads(self.rfile.read(length)), self.connection)


class _Server(ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A sender that was killed is no failure of the test's."""


class Listening:
    """The API on a port; it can go away and come back."""

    def __init__(self, wechat: BrokenWechat) -> None:
        self.wechat, self._server = wechat, None
        self.start(0)
        self.port = self._server.server_address[1]

    def start(self, port: int | None = None) -> None:
        self._server = _Server(("127.0.0.1", self.port if port is None else port), _Line)
        self._server.wechat = self.wechat
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def says(body: bytes, status: str = "200 OK") -> Misfortune:
    """Answer with this."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    return lambda line: line.sendall(head + body)


class Held:
    """The next message waits before it is answered well: until it is let go, or for so many seconds."""

    def __init__(self, wechat: BrokenWechat, at_most: float) -> None:
        self.is_here = threading.Event()
        self._goes_on, self._at_most = threading.Event(), at_most
        wechat.misfortunes.append(self._wait)

    def let_go(self) -> None:
        self._goes_on.set()

    def _wait(self, line: socket.socket) -> None:
        self.is_here.set()
        self._goes_on.wait(self._at_most)
        says(OK)(line)


def drips(parts: Iterable[bytes], wechat: BrokenWechat, pause: float = 0.1) -> Misfortune:
    """Send one part after the other, too slowly to come to an end."""

    def drip(line: socket.socket) -> None:
        for part in parts:
            line.sendall(part)
            if wechat.is_over.wait(pause):
                return

    return drip


def resets(line: socket.socket) -> None:
    """Cut the connection as a router does that has forgotten it."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def push(address: str, user: str, question: str = "备案时间") -> httpx.Response:
    """A question of this user, as WeChat delivers it; the same response repeats the delivery."""
    return deliver(address, json_push(FromUserName=user, Content=question, MsgId=str(next(_ids))))


def deliver(address: str, body: bytes) -> httpx.Response:
    """Deliver a push, for the first time or again."""
    return httpx.post(address + MINI, params=signed_query(), content=body, timeout=20)

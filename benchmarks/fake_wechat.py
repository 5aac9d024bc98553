"""A stand-in for WeChat's API: real HTTP, latency, expiring tokens, scripted errors, and a count."""

from __future__ import annotations

import json
import multiprocessing
import random
import secrets
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from benchmarks.server import free_port


@dataclass
class Seen:
    """Messages that arrived, by recipient; errors given, by code; tokens handed out."""

    received: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    tokens: int = 0


class FakeWechat:
    """Misbehaves at given rates (shares of 1) and answers after a latency (seconds)."""

    def __init__(self) -> None:
        self.latency = (0.005, 0.05)
        self.busy_rate = 0.05
        self.expiry_rate = 0.01
        self.seen = Seen()
        self.token = ""
        self.random = random.Random(7)

    def answer(self, path: str, token: str, body: dict[str, object]) -> dict[str, object]:
        """The JSON answer to one call."""
        if path.endswith("/stable_token"):
            return self._new_token()
        code = self._misfortune(token)
        counts, key = (self.seen.errors, str(code)) if code else (self.seen.received, str(body["touser"]))
        counts[key] = counts.get(key, 0) + 1
        time.sleep(self.random.uniform(*self.latency))
        return {"errcode": code, "errmsg": "scripted rid: 0-0-0" if code else "ok"}

    def told(self) -> dict[str, object]:
        """What has happened so far; messages go on arriving meanwhile."""
        # A dict is copied in one step of the interpreter.
        received, errors = self.seen.received.copy(), self.seen.errors.copy()
        return asdict(Seen(received, errors, self.seen.tokens))

    def _misfortune(self, token: str) -> int:
        if self.random.random() < self.expiry_rate:
            self.token = ""
        if token != self.token:
            return 42001
        return -1 if self.random.random() < self.busy_rate else 0

    def _new_token(self) -> dict[str, object]:
        self.seen.tokens += 1
        self.token = self.token or secrets.token_hex(32)
        return {"access_token": self.token, "expires_in": 7200}

    def serve(self, port: int) -> None:
        """Answer on a port for ever; ``GET /`` tells what has happened so far."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                address = urlsplit(self.path)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                token = parse_qs(address.query).get("access_token", [""])[0]
                self._write(fake.answer(address.path, token, body))

            def do_GET(self) -> None:
                self._write(fake.told())

            def _write(self, answer: dict[str, object]) -> None:
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@contextmanager
def fake_wechat() -> Iterator[str]:
    """Serve one from a process of its own; gives its address."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=FakeWechat().serve, args=(port,))
    process.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def seen_by(url: str) -> Seen:
    """What the fake at an address has seen."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return Seen(**json.loads(response.read()))

"""A stand-in for WeChat's API: real HTTP, latency, expiring tokens, scripted errors, and a count."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class FakeWechat:
    """What it was asked, and how it misbehaves; rates are shares of 1, times in seconds."""

    latency: tuple[float, float] = (0.005, 0.05)
    busy_rate: float = 0.05
    expiry_rate: float = 0.01
    url: str = ""
    received: Counter[str] = field(default_factory=Counter)
    errors: Counter[int] = field(default_factory=Counter)
    tokens_fetched: int = 0
    token: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def answer(self, path: str, token: str, body: dict[str, object]) -> dict[str, object]:
        """The JSON answer to one call."""
        with self.lock:
            pause = self.random.uniform(*self.latency)
            code = self._misfortune(token) if path.endswith("/send") else 0
            if path.endswith("/stable_token"):
                return self._new_token()
            if code:
                self.errors[code] += 1
            else:
                self.received[str(body["touser"])] += 1
        time.sleep(pause)
        return {"errcode": code, "errmsg": "scripted rid: 0-0-0" if code else "ok"}

    def _misfortune(self, token: str) -> int:
        if self.random.random() < self.expiry_rate:
            self.token = ""
        if token != self.token:
            return 42001
        return -1 if self.random.random() < self.busy_rate else 0

    def _new_token(self) -> dict[str, object]:
        self.tokens_fetched += 1
        self.token = self.token or secrets.token_hex(32)
        return {"access_token": self.token, "expires_in": 7200}


@contextmanager
def fake_wechat() -> Iterator[FakeWechat]:
    """Serve it on a free port."""
    fake = FakeWechat()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            token = parse_qs(address.query).get("access_token", [""])[0]
            answer = json.dumps(fake.answer(address.path, token, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()

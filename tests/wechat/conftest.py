"""Real servers on local ports, for what only a real connection shows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from .fakes import FakeWeChat


@pytest.fixture
def real_wechat() -> Iterator[Callable[[FakeWeChat], str]]:
    """Serves a fake WeChat over HTTP and gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(wechat: FakeWeChat) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(wechat))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _handler(wechat: FakeWeChat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = wechat.handle(httpx.Request("POST", f"http://x{self.path}", content=body))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler

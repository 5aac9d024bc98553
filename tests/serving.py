"""A real gunicorn with the project's own settings file, started for a test and stopped after it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

PROJECT = Path(__file__).parent.parent
START_WITHIN = 90


class Server:
    """A running gunicorn: its address, its process and its log."""

    def __init__(
        self, settings, log: Path, workers: int, within: Sequence[str] = (), **variables: str
    ) -> None:
        """``within``: a command to run it by; ``variables``: more of its environment."""
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.address, timeout=20)
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*within, sys.executable, "-m", "gunicorn", "wsgi:app"],
                cwd=PROJECT,
                env=environment(settings, self.port, workers) | variables,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, words: str) -> None:
        """Return once the log says the words."""
        deadline = time.monotonic() + START_WITHIN
        while words not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_for_metric(self, sample: str) -> None:
        """Return once the metrics say so."""
        deadline = time.monotonic() + START_WITHIN
        while sample not in (metrics := self.metrics()):
            assert self.process.poll() is None and time.monotonic() < deadline, metrics
            time.sleep(0.05)

    def wait_for_all(self, version: str, *, workers: int) -> None:
        """Return once so many workers serve a version, and no other serves any."""
        self.wait_for_metric(f'bot_index_workers{{version="{version}"}} {workers}.0')

    def workers(self) -> list[int]:
        """Their process ids."""
        return [pid for pid in self.children() if b"gunicorn" in _command(pid)]

    def children(self) -> list[int]:
        """Process ids of the workers and of what runs beside them."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def metrics(self) -> str:
        try:
            return self.get("/metrics").text
        except httpx.TransportError as error:  # it has just started, or a worker has just died
            return str(error)

    def get(self, path: str, **parameters: str) -> httpx.Response:
        return self.http.get(path, params=parameters)

    def close(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()


def environment(settings, port, workers):
    names = {"knowledge_dir", "index_dir", "data_dir", "cache_dir", "model", "admin_key", "rate_per_address"}
    variables = settings.model_dump(include=names) | {"port": port, "workers": workers}
    return os.environ | {f"BOT_{name.upper()}": str(value) for name, value in variables.items()}


def _command(pid):
    with suppress(OSError):  # it has just ended
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def serving(settings, log, workers=2, within=(), **variables):
    server = Server(settings, log, workers, within, **variables)
    try:
        yield server
    finally:
        server.close()

"""A real gunicorn of this checkout, started for a measurement and stopped after it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
READY_WITHIN = 60.0


@dataclass(frozen=True)
class Server:
    """Where it listens, its master's process id, and how many seconds it took to be ready."""

    port: int
    pid: int
    ready_after: float

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def worker_pids(self) -> list[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def serving(port: int = 0, **settings: object) -> Iterator[Server]:
    """Serve with ``BOT_*`` settings given in lower case: ``serving(workers=1)``; port 0 = a free one."""
    port = port or free_port()
    # Who measures asks more often than anybody else.
    settings = {"rate_per_address": "", "rate_per_user": "", "rate_per_key": ""} | settings
    environment = {f"BOT_{k.upper()}": str(v) for k, v in settings.items()} | {"BOT_PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "wsgi:app"]
    with launched(command, port, environment, lambda: _answers_ready(port)) as server:
        yield server


@contextmanager
def launched(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
    log: Path = Path(os.devnull),
    within: float = READY_WITHIN,
) -> Iterator[Server]:
    """Start any server in the project's folder, wait until it is ready, and stop it in the end."""
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(is_ready, process, within)
        yield Server(port, process.pid, time.monotonic() - started)
    finally:
        stop(process.pid)
        process.wait(40)


def stop(pid: int) -> None:
    """Ask a server to finish what it is doing and end; one that has ended already is left alone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], within: float) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready():
            return
        time.sleep(0.02)
    raise SystemExit(f"the server did not become ready: {process.args!r}; for the bot, try: make run")


def _answers_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30):
            return True
    except OSError:  # refused, cut or slow: not ready yet
        return False

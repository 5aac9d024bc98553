"""Two workers of a real gunicorn: whoever is idle answers, and nobody waits beside them."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from http.client import HTTPConnection

import pytest

from tests.serving import PROJECT, START_WITHIN, free_port


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Where two workers serve ``tests.slow_app``."""
    with gunicorn(tmp_path_factory.mktemp("workers") / "log", "-w", "2") as port:
        _wait_for_two(port)
        yield port


@contextmanager
def gunicorn(log, *options):
    """A port on which workers serve ``tests.slow_app``, at once or soon."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "/dev/null", "--no-control-socket", *options]
    worker = ["-k", "bot.punctual_worker.PunctualWorker", "--threads", "2", "--keep-alive", "5"]
    with (
        log.open("w") as file,
        subprocess.Popen(
            [*command, *worker, "-b", f"127.0.0.1:{port}", "tests.slow_app:app"],
            cwd=PROJECT,
            stdout=file,
            stderr=file,
        ) as process,
    ):
        try:
            yield port
        finally:
            process.terminate()


def _wait_for_two(port):
    deadline, seen = time.monotonic() + START_WITHIN, set()
    while len(seen) < 2:
        assert time.monotonic() < deadline
        with suppress(OSError), busy(port) as first:
            seen |= {asked(port)[0], first.answer[0]}


class Customer:
    """A connection on which something was asked."""

    def __init__(self, port, path="/"):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.request("GET", path)

    @cached_property
    def answer(self):
        """Who answered, and whether the connection is kept."""
        with closing(self.connection):
            response = self.connection.getresponse()
            return response.read().decode(), response.headers["Connection"] == "keep-alive"


def asked(port):
    """What a new customer is told."""
    return Customer(port).answer


@contextmanager
def busy(port, times=1):
    """The first of so many customers, each of whom keeps a worker meanwhile."""
    customers = []
    for _ in range(times):
        customers.append(Customer(port, "/slow"))
        time.sleep(0.2)
    yield customers[0]
    for customer in customers:
        assert customer.answer


def test_new_customers_come_to_the_idle_worker(port):
    with busy(port) as first:
        others = [asked(port)[0] for _ in range(40)]

    # Now and then the other is not quick enough; by chance it would be half of them.
    assert others.count(first.answer[0]) <= 10


def test_with_all_workers_busy_another_thread_answers_new_customers(port):
    with busy(port, times=2):
        before = time.monotonic()
        asked(port)
        assert time.monotonic() - before < 0.5


def test_who_would_stand_in_line_may_look_for_another_worker(port):
    # More than there are threads: at times one worker has taken three of four.
    with busy(port, times=6):
        _, is_kept = asked(port)

    assert not is_kept


def test_the_connection_to_an_idle_worker_is_kept(port):
    _, is_kept = asked(port)

    assert is_kept


def test_a_worker_that_has_served_its_number_is_followed_by_another(tmp_path):
    with gunicorn(tmp_path / "log", "-w", "1", "--max-requests", "3") as port:
        deadline, answered = time.monotonic() + START_WITHIN, []
        while len(answered) < 10:
            assert time.monotonic() < deadline
            with suppress(OSError):
                answered.append(asked(port)[0])

    assert len(set(answered)) >= 3

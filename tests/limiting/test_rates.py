"""How often somebody may ask, counted over threads and processes, and who is one caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.limiting.addresses import caller_at
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate, parse_rate

PROJECT = Path(__file__).parent.parent.parent
SECOND = 1_000_000_000
TAKE_ALL = """
import sys
from pathlib import Path
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate
allowance = Allowance(Rate(1000, 86_400), "address", Moments(Path(sys.argv[1])))
print(sum(allowance.take("192.0.2.1") == 0 for _ in range(700)))
"""
DIE_HOLDING_THE_LOCK = """
import os, signal, sys
from pathlib import Path
from bot.limiting.moments import Moments
with Moments(Path(sys.argv[1]))._locked():
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Clock:
    """Nanoseconds, as a test sets them."""

    def __init__(self):
        self.now = 1_000_000 * SECOND

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += int(seconds * SECOND)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["one process", "shared"])
def moments(request, tmp_path):
    return Moments(tmp_path / "rates" if request.param == "shared" else None)


@pytest.fixture
def allowance(moments, clock):
    """Six a minute."""
    return Allowance(Rate(6, 60), "address", moments, clock)


def taken(allowance, who="a", times=20):
    """How many of so many were let through."""
    return sum(allowance.take(who) == 0 for _ in range(times))


# Rates


def test_the_whole_amount_may_be_taken_at_once_and_no_more(allowance):
    assert [allowance.take("a") for _ in range(7)] == [0] * 6 + [10]


def test_after_the_time_it_said_one_more_may_be_taken(allowance, clock):
    taken(allowance)
    clock.wait(allowance.take("a"))

    assert taken(allowance) == 1


def test_just_before_that_time_none_may(allowance, clock):
    taken(allowance)
    clock.wait(9.999)

    assert allowance.take("a") == 1


def test_asking_while_it_is_too_often_makes_it_no_worse(allowance, clock):
    taken(allowance, times=500)
    clock.wait(30)

    assert taken(allowance) == 3


def test_after_the_whole_time_the_whole_amount_is_back(allowance, clock):
    taken(allowance)
    clock.wait(60)

    assert taken(allowance) == 6


def test_who_asks_evenly_within_the_rate_is_never_refused(allowance, clock):
    for _ in range(200):
        assert allowance.take("a") == 0
        clock.wait(10)


def test_callers_are_counted_apart(allowance):
    taken(allowance, "a")

    assert taken(allowance, "b") == 6


def test_kinds_of_callers_are_counted_apart(moments, clock):
    by_address, by_key = (Allowance(Rate(2, 60), kind, moments, clock) for kind in ("address", "key"))
    taken(by_address)

    assert taken(by_key) == 2


def test_without_a_rate_nothing_is_counted(moments, clock):
    assert taken(Allowance(None, "address", moments, clock), times=5000) == 5000


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("60/minute", Rate(60, 60)),
        ("5 / second", Rate(5, 1)),
        ("5/second", Rate(5, 1)),
        ("5 per second", Rate(5, 1)),
        (" 1000/day ", Rate(1000, 86_400)),
        ("7/hour", Rate(7, 3600)),
    ],
)
def test_a_rate_is_an_amount_and_a_time(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["60", "0/minute", "-1/minute", "60/fortnight", "many/minute", "1.5/second"])
def test_what_is_no_rate_is_refused_with_one_that_is(text):
    with pytest.raises(ValueError, match=r"is no rate such as 60/minute"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_rate_is_no_limit(text):
    assert parse_rate(text) is None


# The count that is shared


def test_threads_together_take_no_more_than_there_is(moments):
    allowance = Allowance(Rate(1000, 86_400), "address", moments)
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: taken(allowance, times=250), range(8)))

    assert sum(counts) == 1000


def test_processes_together_take_no_more_than_there_is(tmp_path):
    command = [sys.executable, "-c", TAKE_ALL, str(tmp_path / "rates")]
    running = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) for _ in range(3)]

    assert sum(int(process.communicate(timeout=60)[0]) for process in running) == 1000


def test_a_process_that_dies_counting_stops_no_other(tmp_path):
    command = [sys.executable, "-c", DIE_HOLDING_THE_LOCK, str(tmp_path / "rates")]
    assert subprocess.run(command, cwd=PROJECT, timeout=60).returncode == -signal.SIGKILL

    taker = threading.Thread(target=Allowance(Rate(1, 60), "a", Moments(tmp_path / "rates")).take, args="x")
    taker.start()
    taker.join(10)
    assert not taker.is_alive()


def test_of_more_callers_than_there_is_room_for_those_are_forgotten_who_asked_least(tmp_path):
    clock = Clock()
    allowance = Allowance(Rate(100, 60), "address", Moments(), clock)
    assert taken(allowance, "busy", 200) == 100
    for number in range(2 * 65_536):
        allowance.take(str(number))

    assert allowance.take("busy") == 1


def test_no_name_can_be_read_from_the_file(tmp_path):
    Allowance(Rate(1, 60), "user", Moments(tmp_path / "rates")).take("oUser-very-private-001")

    assert b"private" not in (tmp_path / "rates").read_bytes()
    assert os.stat(tmp_path / "rates").st_mode & 0o077 == 0


# Addresses


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_ipv6_connection_is_one_caller_whatever_address_of_it_is_used(address, caller):
    assert caller_at(address) == caller

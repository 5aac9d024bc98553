"""Access tokens where all workers find them, and the lease that one of them fetches under."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.store.leases import Leases
from bot.store.secrets import Secrets
from bot.store.tokens import StoredTokens
from bot.wechat.api import wechat_api
from bot.wechat.tokens import App, Token
from tests.store.conftest import KEY
from tests.wechat.fakes import APP_ID, SECRET, FakeWeChat

PROJECT = Path(__file__).parent.parent.parent
TOKEN = Token("76_very-private-access-token", 1000.0, 8000.0)

HOLD_THE_LOCK = """
import sys, time
from bot.store.database import Database
from bot.store.secrets import Secrets
from bot.store.leases import Leases
from bot.store.tokens import StoredTokens
tokens = StoredTokens(Database(sys.argv[1]), Secrets(b"k" * 32), time.time, time.sleep)
with tokens.lock("wx1"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def tokens(database, clock):
    return StoredTokens(database, Secrets(KEY), clock, clock.sleep)


def test_a_token_comes_back_as_it_was_put(tokens):
    tokens.put("wx1", TOKEN)

    assert tokens.get("wx1") == TOKEN
    assert tokens.get("wx2") is None


def test_the_last_token_put_counts(tokens):
    tokens.put("wx1", TOKEN)
    tokens.put("wx1", Token("newer", 2000.0, 9000.0))

    assert tokens.get("wx1").value == "newer"


def test_a_token_that_another_key_sealed_is_none_so_that_a_new_one_is_fetched(tokens, database, clock):
    tokens.put("wx1", TOKEN)

    assert StoredTokens(database, Secrets(b"x" * 32), clock, clock.sleep).get("wx1") is None


def test_no_token_is_in_the_database_files(tokens, on_disk):
    tokens.put("wx-app-id", TOKEN)

    assert b"wx-app-id" in on_disk()
    assert TOKEN.value.encode() not in on_disk()


def test_only_one_thread_holds_the_lock(database):
    tokens = StoredTokens(database, Secrets(KEY), time.time, lambda _: time.sleep(0.002))
    inside, most = [], []

    def enter(worker):
        with tokens.lock("wx1"):
            inside.append(worker)
            most.append(len(inside))
            time.sleep(0.002)
            inside.remove(worker)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(enter, range(12)))

    assert most == [1] * 12


def test_workers_of_different_apps_do_not_wait_for_each_other(tokens, clock):
    with tokens.lock("wx1"), tokens.lock("wx2"):
        pass

    assert clock.slept == []


def test_a_failed_fetch_gives_the_lock_back(tokens, clock):
    with pytest.raises(ZeroDivisionError), tokens.lock("wx1"):
        1 / 0  # noqa: B018 - it is the failure
    with tokens.lock("wx1"):
        pass

    assert clock.slept == []


def test_a_killed_holder_blocks_the_others_for_seconds_only(database, url, clock):
    holder = subprocess.Popen([sys.executable, "-c", HOLD_THE_LOCK, url], cwd=PROJECT, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"held\n"
        os.kill(holder.pid, signal.SIGKILL)
    clock.now = time.time()

    with StoredTokens(database, Secrets(KEY), clock, clock.sleep).lock("wx1"):
        assert 1.0 < sum(clock.slept) < 30.0


def test_a_holder_that_outlived_its_lease_does_not_free_the_next_ones(tokens, clock, run_sql):
    with tokens.lock("wx1"):
        clock.now += 60.0
        slow_one = tokens.lock("wx1")
        slow_one.__enter__()

    assert len(run_sql("SELECT owner FROM leases")) == 1
    slow_one.__exit__(None, None, None)


def test_eight_workers_without_a_token_fetch_one(database):
    wechat = FakeWeChat()
    tokens = StoredTokens(database, Secrets(KEY), time.time, lambda _: time.sleep(0.002))
    clocks = {"clock": time.time, "sleep": time.sleep}
    api = wechat_api(App(APP_ID, SECRET), wechat.transport(), tokens, **clocks)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: api.send_text(f"oUser{n}", "在"), range(8)))

    assert (wechat.hits["stable_token"], len(wechat.messages)) == (1, 8)


def test_a_lease_from_before_the_clock_was_put_back_holds_nobody_up(database, clock):
    leases = Leases(database, clock)
    assert leases.acquire("token", "killed", clock() + 20.0)
    assert not leases.acquire("token", "next", clock() + 20.0)
    clock.now -= 3600.0

    assert leases.acquire("token", "next", clock() + 20.0)

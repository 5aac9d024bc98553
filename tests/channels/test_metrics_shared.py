"""Processes that come and go add up what they count, in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.metrics.shared_folder import retire_the_dead
from bot.settings import METRICS_VARIABLE
from tests.channels.test_metrics import samples

PROJECT = Path(__file__).parents[2]
# Counts a delivery, an API call and a version that serves; then waits for its end, if it is told to.
COUNT = """
import sys
from bot.channels.metrics.blueprint import Metrics
from bot.domain import IndexState

metrics = Metrics()
metrics.index.changed(IndexState("v1", "2026-11-22T12:00:00+00:00", 1000.0))
for _ in range(int(sys.argv[1])):
    metrics.wechat.delivered("mini:default", "text", "settled")
    metrics.wechat.called("/send", "0", 0.3)
print("counted", flush=True)
sys.stdin.read()
"""
READ = """
import sys
from pathlib import Path
from bot.channels.metrics.blueprint import Metrics

sys.stdout.buffer.write(Metrics(Path(sys.argv[1])).text())
"""
DELIVERED = ("bot_wechat_deliveries_total", "mini:default", "text", "settled")
CALLED = ("bot_wechat_api_seconds_count", "/send")
QUICK_CALLS = ("bot_wechat_api_seconds_bucket", "/send", "0.5")
SERVED = ("bot_index_workers", "v1")


@pytest.fixture
def start(tmp_path):
    """Starts a process that counts so many times and lives on."""
    processes = []

    def start(times):
        process = python(tmp_path, COUNT, times)
        assert process.stdout.readline() == b"counted\n"
        processes.append(process)
        return process

    yield start
    for process in processes:
        end(process)


def python(folder, code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | {METRICS_VARIABLE: str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def end(process):
    process.kill()
    process.communicate()


def told(folder):
    return samples(python(folder, READ, folder).communicate()[0])


def test_processes_add_up(start, tmp_path):
    start(3)
    start(4)
    found = told(tmp_path)

    assert (found[DELIVERED], found[CALLED], found[QUICK_CALLS], found[SERVED]) == (7, 7, 7, 2)


def test_of_the_dead_the_counts_stay_and_one_file_a_kind(start, tmp_path):
    start(1)
    for times in (10, 20, 30):
        end(start(times))
        retire_the_dead(tmp_path)
    files = {kind: len(list(tmp_path.glob(f"{kind}_*.db"))) for kind in ("counter", "histogram", "gauge")}
    found = told(tmp_path)

    assert (found[DELIVERED], found[CALLED], found[QUICK_CALLS], found[SERVED]) == (61, 61, 61, 1)
    assert files == {"counter": 2, "histogram": 2, "gauge": 2}


def test_while_all_live_nothing_is_retired(start, tmp_path):
    start(5)
    before = sorted(tmp_path.glob("*.db"))
    retire_the_dead(tmp_path)

    assert sorted(tmp_path.glob("*.db")) == before
    assert told(tmp_path)[DELIVERED] == 5

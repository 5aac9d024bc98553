"""How the bot's own processes share the processor."""

from __future__ import annotations

import subprocess
import sys

STEP_BACK = """
import os, threading
from bot.processes import step_back_wholly
stop = threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(3)]
for thread in threads:
    thread.start()
step_back_wholly()
later = threading.Thread(target=stop.wait)
later.start()
tasks = [int(task) for task in os.listdir("/proc/self/task")]
print(len(tasks), {os.getpriority(os.PRIO_PROCESS, task) for task in tasks})
stop.set()
"""


def told(*prefix: str) -> str:
    command = [*prefix, sys.executable, "-c", STEP_BACK]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_build_steps_back_with_every_thread_that_was_there_or_comes_later() -> None:
    assert told() == "5 {10}"


def test_who_is_further_behind_already_stays_there() -> None:
    assert told("nice", "-n", "19") == "5 {19}"

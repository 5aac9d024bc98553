"""How the bot's own processes share the processor, and who keeps them running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from bot.processes import bot_command
from tests.serving import PROJECT
from tests.store.faults import until

STEP_BACK = """
import os, threading
from bot.processes import step_back_wholly
stop = threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(3)]
for thread in threads:
    thread.start()
step_back_wholly(but=[thread.native_id for thread in threads[:{spared}]])
later = threading.Thread(target=stop.wait)
later.start()
tasks = [int(task) for task in os.listdir("/proc/self/task")]
idle = [task for task in tasks if os.sched_getscheduler(task) == os.SCHED_IDLE]
print(len(tasks), len(idle), threads[0].native_id in idle)
stop.set()
"""


def told(spared: int) -> str:
    command = [sys.executable, "-c", STEP_BACK.format(spared=spared)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_build_steps_back_with_every_thread_that_was_there_or_comes_later() -> None:
    assert told(spared=0) == "5 5 True"


def test_who_holds_what_others_wait_for_does_not_step_back() -> None:
    assert told(spared=1) == "5 4 False"


WORK = """
import time
from bot.resting import rest_when_contended
rest_when_contended()
started, done = time.monotonic(), time.process_time()
while time.process_time() - done < 0.3:
    pass
print((time.process_time() - done) / (time.monotonic() - started))
"""


def test_a_build_leaves_most_of_a_contended_processor_to_the_others() -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # for the two that are started now
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    finally:
        os.sched_setaffinity(0, cores)
        other.kill()
        other.wait()
    # By turns it would have had half.
    assert float(done.stdout) < 0.35


def test_a_command_that_rests_is_the_same_command() -> None:
    command = bot_command("jobs", "list", "--help", module="bot.resting")
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "List the newest jobs, newest first." in told.stdout


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_a_supervised_sender_that_is_killed_is_started_again_and_stops_with_its_keeper(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "wechat", "send", "--supervise"]
    keeper = subprocess.Popen(command, cwd=PROJECT, env=os.environ | {"BOT_DATA_DIR": str(tmp_path)})
    try:
        until(lambda: children(keeper))
        (first,) = children(keeper)
        os.kill(first, signal.SIGKILL)
        until(lambda: children(keeper) not in ([], [first]))
        (second,) = children(keeper)
        until(lambda: b"wechat\0send\0--beside" in Path(f"/proc/{second}/cmdline").read_bytes())
        # Who sends late does not make others answer late.
        until(lambda: os.getpriority(os.PRIO_PROCESS, second) > 0)
        keeper.terminate()

        assert keeper.wait(20) == 0
        until(lambda: not Path(f"/proc/{second}").exists())
    finally:
        keeper.kill()

"""Every message answered once: many messages, three deliveries each, workers killed, one restart.

    python -m benchmarks.wechat_deliveries [--messages 2000] [--workers 4]

A mini program in safe mode pushes JSON to real gunicorn workers; answers go to a fake API over real HTTP
that is slow, busy and lets tokens expire. Workers are killed with SIGKILL at random moments, and the
whole service is stopped and started once while deliveries go on.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import secrets
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.fake_wechat import Seen, fake_wechat, seen_by
from benchmarks.server import Server, serving
from bot.wechat.credentials import Credentials, Mode
from bot.wechat.signature import signature

_CREDENTIALS = Credentials("wxbenchmark000001", "benchmarktoken", Mode.SAFE, "k" * 42 + "A")
_QUESTIONS = (
    "普通小程序和电商小程序有什么区别",
    "小程序备案要多久",
    "How much is certification?",
    "今天天气怎么样",
)
# Seconds after the first delivery at which WeChat's two retries come: one overlaps, one is late.
_SECOND, _THIRD = (0.0, 0.3), (10.0, 12.0)
_KILL_EVERY = (3.0, 8.0)
_AT_ONCE = 64
_DRAIN_SECONDS = 120.0


@dataclass
class Run:
    """What happened; ``server`` is replaced by the restart."""

    server: Server
    answers: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    with fake_wechat() as api, tempfile.TemporaryDirectory() as data:
        settings = {
            "workers": options.workers,
            "data_dir": data,
            "wechat_mini_app_id": _CREDENTIALS.app_id,
            "wechat_mini_token": _CREDENTIALS.token,
            "wechat_mini_aes_key": _CREDENTIALS.aes_key,
            "wechat_mini_app_secret": "secret",
            "wechat_api_base": api,
        }
        run = _deliver_all(options.messages, settings)
        with serving(**settings):  # whatever is still queued is sent by the next life
            _wait_for(api, options.messages)
        _report(options.messages, run, seen_by(api), Path(data) / "bot.db")


def _deliver_all(messages: int, settings: dict[str, object]) -> Run:
    """Two lives of the service: it is stopped when half of the messages have begun."""
    started = threading.Semaphore(0)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        with serving(**settings) as server:
            run = Run(server)
            killer = threading.Thread(target=_kill_workers, args=(run,))
            killer.start()
            deliveries = [pool.submit(_deliver, run, n, started) for n in range(messages)]
            for _ in range(messages // 2):
                started.acquire()
        with serving(server.port, **settings) as run.server:
            for delivery in deliveries:
                delivery.result()
            run.stop.set()
            killer.join()
    return run


def _kill_workers(run: Run) -> None:
    chance = random.Random(3)
    while not run.stop.wait(chance.uniform(*_KILL_EVERY)):
        with suppress(OSError, IndexError):
            victims = [pid for pid in run.server.worker_pids() if _is_worker(pid)]
            os.kill(chance.choice(victims), signal.SIGKILL)
            run.kills += 1


def _is_worker(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"gunicorn" in file.read()


def _deliver(run: Run, number: int, started: threading.Semaphore) -> None:
    """One message: its three deliveries at WeChat's times, the first two overlapping."""
    chance = random.Random(number)
    body, query = _push(number)
    times = [0.0, chance.uniform(*_SECOND), chance.uniform(*_THIRD)]
    begun = time.monotonic()
    started.release()
    threads = [threading.Thread(target=_post, args=(run, query, body, begun + at)) for at in times]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _post(run: Run, query: str, body: bytes, at: float) -> None:
    time.sleep(max(0.0, at - time.monotonic()))
    connection = http.client.HTTPConnection("127.0.0.1", run.server.port, timeout=5)
    try:
        connection.request("POST", f"/wechat/mini?{query}", body)
        response = connection.getresponse()
        run.answers[f"{response.status} {response.read(20).decode()}"] += 1
    except (OSError, http.client.HTTPException) as error:
        run.answers[type(error).__name__] += 1
    finally:
        connection.close()


def _push(number: int) -> tuple[bytes, str]:
    message = {
        "ToUserName": "gh_benchmark",
        "FromUserName": f"user-{number}",
        "CreateTime": int(time.time()),
        "MsgType": "text",
        "Content": _QUESTIONS[number % len(_QUESTIONS)],
        "MsgId": 10**16 + number,
    }
    timestamp, nonce = int(time.time()), secrets.token_hex(8)
    crypto = _CREDENTIALS.crypto
    if crypto is None:
        raise SystemExit("the benchmark's account has no AES key")
    sealed = crypto.encrypt(json.dumps(message, ensure_ascii=False).encode(), timestamp, nonce)
    query = {
        "signature": signature(_CREDENTIALS.token, str(timestamp), nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": sealed.msg_signature,
    }
    body = json.dumps({"ToUserName": "gh_benchmark", "Encrypt": sealed.encrypt}).encode()
    return body, urlencode(query)


def _wait_for(api: str, messages: int) -> None:
    deadline = time.monotonic() + _DRAIN_SECONDS
    while len(seen_by(api).received) < messages and time.monotonic() < deadline:
        time.sleep(0.5)


def _report(messages: int, run: Run, seen: Seen, database: Path) -> None:
    twice = sum(count > 1 for count in seen.received.values())
    with closing(sqlite3.connect(database)) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state"))
        settled = connection.execute("SELECT count(*) FROM questions").fetchone()[0]
    print(f"messages, delivered 3 times each  {messages}")
    print(f"workers killed, service restarts  {run.kills}, 1")
    print(f"responses to deliveries           {dict(run.answers)}")
    print(f"scripted API errors               {seen.errors}")
    print(f"tokens fetched                    {seen.tokens}")
    print(f"rows in the question log          {settled} (a killed worker loses its last moment)")
    print(f"states of queued messages         {states}")
    print(f"answered                          {len(seen.received)}")
    print(f"sent twice                        {twice}")


if __name__ == "__main__":
    main()

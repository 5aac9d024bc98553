"""Every message answered once: many messages, three deliveries each, workers killed, one restart.

    python -m benchmarks.wechat_deliveries [--messages 2000] [--workers 4]

A mini program in safe mode pushes JSON to real gunicorn workers; answers go to a fake API over real HTTP
that is slow, busy and lets tokens expire. Workers are killed with SIGKILL at random moments, and the
whole service is stopped and started once while deliveries go on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from benchmarks.fake_wechat import FakeWechat, fake_wechat
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
    with fake_wechat() as fake, tempfile.TemporaryDirectory() as data:
        settings = {
            "workers": options.workers,
            "data_dir": data,
            "wechat_mini_app_id": _CREDENTIALS.app_id,
            "wechat_mini_token": _CREDENTIALS.token,
            "wechat_mini_aes_key": _CREDENTIALS.aes_key,
            "wechat_mini_app_secret": "secret",
            "wechat_api_base": fake.url,
        }
        run = _deliver_all(options.messages, settings)
        with serving(**settings):
            _wait_for(fake, options.messages)
    _report(options.messages, run, fake)


def _deliver_all(messages: int, settings: dict[str, object]) -> Run:
    """Two lives of the service: it is stopped when half of the messages have begun."""
    started = threading.Semaphore(0)
    with serving(**settings) as server, ThreadPoolExecutor(64) as pool:
        run = Run(server)
        killer = threading.Thread(target=_kill_workers, args=(run,))
        killer.start()
        deliveries = [pool.submit(_deliver, run, n, started) for n in range(messages)]
        for _ in range(messages // 2):
            started.acquire()
        os.kill(server.pid, signal.SIGTERM)
        with serving(**settings) as second:
            run.server = second
            for delivery in deliveries:
                delivery.result()
            run.stop.set()
            killer.join()
            time.sleep(2)
    return run


def _kill_workers(run: Run) -> None:
    chance = random.Random(3)
    while not run.stop.wait(chance.uniform(1.0, 4.0)):
        with suppress(OSError, IndexError):
            # The first children are workers; the last one started first is the sender's keeper.
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
    try:
        response = httpx.post(f"{run.server.url}/wechat/mini?{query}", content=body, timeout=5)
        run.answers[f"{response.status_code} {response.text[:20]}"] += 1
    except httpx.HTTPError as error:
        run.answers[type(error).__name__] += 1


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


def _wait_for(fake: FakeWechat, messages: int) -> None:
    deadline = time.monotonic() + _DRAIN_SECONDS
    while len(fake.received) < messages and time.monotonic() < deadline:
        time.sleep(0.5)


def _report(messages: int, run: Run, fake: FakeWechat) -> None:
    twice = sum(count > 1 for count in fake.received.values())
    print(f"messages, delivered 3 times each  {messages}")
    print(f"workers killed, service restarts  {run.kills}, 1")
    print(f"responses to deliveries           {dict(run.answers)}")
    print(f"scripted API errors               {dict(fake.errors)}")
    print(f"tokens fetched                    {fake.tokens_fetched}")
    print(f"answered                          {len(fake.received)}")
    print(f"sent twice                        {twice}")


if __name__ == "__main__":
    main()

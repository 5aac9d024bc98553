"""How the whole service grows: with entries, phrasings, clients and open conversations.

``benchmarks.scaling`` has the search alone, up to a million phrasings.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.figures import percentile
from benchmarks.performance.footprint import pss_mb
from benchmarks.performance.http_client import Load, ask_each, load
from benchmarks.performance.questions import ask, ask_in
from benchmarks.performance.servers import bot_environment, serving_bot
from benchmarks.server import PROJECT, Server
from benchmarks.shop_knowledge import shop_entries, write_knowledge
from bot.channels.callers import ASK
from bot.domain import Conversation
from bot.settings import Settings
from bot.stores import Stores
from bot.web import ANSWER_PATIENCE, CONVERSATION_SECONDS

LANGUAGES = ("zh", "en")


def with_knowledge(folder: Path, sizes: Sequence[tuple[int, int]], seconds: float) -> list[dict[str, Any]]:
    """Made-up shops of (entries, phrasings each); one client."""
    found = []
    for entries, phrasings in sizes:
        base = folder / f"shop-{entries}-{phrasings}"
        if not base.exists():
            write_knowledge(base, entries, phrasings=phrasings, languages=LANGUAGES)
        settings = {"BOT_KNOWLEDGE_DIR": str(base), "BOT_INDEX_DIR": str(folder / f"{base.name}-index")}
        build_seconds = _build(folder, settings)
        asked = itertools.islice(shop_entries(entries, 1, LANGUAGES), 300)
        requests = [ask(_reworded(entry.question)) for entry in asked]
        with serving_bot(folder, requests[0], BOT_WORKERS="1", **settings) as server:
            figures = _figures(server, load(server.port, requests, 1, seconds))
        shape = {"entries": entries, "phrasings": entries * phrasings, "build": build_seconds}
        found.append(shape | figures)
    return found


def _reworded(question: str) -> str:
    """Not word for word as it is known."""
    return f"{question.rstrip('？?')}呢" if question.endswith("？") else f"so {question}"


def _build(folder: Path, settings: dict[str, str]) -> float:
    started = time.monotonic()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "index", "build", "--force-first"]
    variables = os.environ | bot_environment(folder / "data") | settings
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"a build failed:\n{done.stdout}{done.stderr}")
    return time.monotonic() - started


def with_clients(
    folder: Path, questions: Sequence[str], clients: Sequence[int], seconds: float
) -> list[dict[str, Any]]:
    """More and more clients of two workers."""
    requests = [ask(question) for question in questions]
    with serving_bot(folder, requests[0]) as server:
        load(server.port, requests, 4, 1.0)
        return [
            {"clients": count} | _figures(server, load(server.port, requests, count, seconds))
            for count in clients
        ]


def with_conversations(
    folder: Path, questions: Sequence[str], sessions: Sequence[int], seconds: float
) -> list[dict[str, Any]]:
    """More and more conversations that are open, which the questions go on with in turns; one client."""
    found = []
    for count in sessions:
        data = folder / f"conversations-{count}"
        names = [f"session-{number:08}-of-the-benchmark" for number in range(count)]
        _open(data, names, questions)
        turns = zip(itertools.cycle(names), itertools.cycle(questions), strict=False)
        requests = [ask_in(name, question) for name, question in itertools.islice(turns, 2000)]
        with serving_bot(folder, ask(questions[0]), BOT_WORKERS="1", BOT_DATA_DIR=str(data)) as server:
            ask_each(server.port, requests[:10])
            figures = _figures(server, load(server.port, requests, 1, seconds))
        size = sum(file.stat().st_size for file in data.iterdir()) / 1e6
        found.append({"conversations": count, "database": size} | figures)
    return found


def _open(data: Path, names: Sequence[str], questions: Sequence[str]) -> None:
    """Conversations as they are after a question."""
    data.mkdir(parents=True, exist_ok=True)
    stores = Stores(Settings(data_dir=data))
    conversations = stores.conversations(CONVERSATION_SECONDS, ANSWER_PATIENCE)
    for name, question in zip(names, itertools.cycle(questions), strict=False):
        conversations.keep(ASK, name, Conversation(question=question))
    stores.close()


def _figures(server: Server, found: Load) -> dict[str, float]:
    return {
        "p50": 1000 * percentile(found.latencies, 50),
        "p99": 1000 * percentile(found.latencies, 99),
        "throughput": found.throughput,
        "failures": float(found.failures),
        "worker_pss": max(pss_mb([pid]) for pid in server.worker_pids()),
    }

"""Measures everything and writes ``docs/performance.md``: what ``make bench`` runs.

    python -m benchmarks.performance [--quick] [--only limit,race,cost,growth] [--peers bot,plain] [--pages]

The figures lie in ``docs/performance/results.json``; parts that are not measured again keep theirs.
``--pages`` only writes the pages anew. Peers' knowledge, indexes and model are kept in ``.bench/``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.performance import charts, cost, growth, limit, machine, page, peer_knowledge, race
from benchmarks.performance.contenders import contenders
from benchmarks.performance.questions import Question, exact, held_out
from benchmarks.performance.targets import behind_peers, targets
from benchmarks.server import PROJECT
from bot.domain import Entry
from bot.knowledge import loader
from bot.settings import load_settings

DOCS = PROJECT / "docs"
RESULTS = DOCS / "performance" / "results.json"
KEPT = PROJECT / ".bench"
EXACT = 300


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int
    limit: limit.Effort
    race: race.Effort
    starts: int
    shops: tuple[tuple[int, int], ...]
    clients: tuple[int, ...]
    conversations: tuple[int, ...]
    growth_seconds: float


FULL = Extent(
    rounds=5,
    limit=limit.Effort(5, 100, 5.0),
    race=race.Effort(5, 3.0, 40.0),
    starts=3,
    shops=((150, 2), (1000, 2), (1000, 5), (4000, 2)),
    clients=(1, 2, 4, 8, 16, 32, 64),
    conversations=(1, 100, 1000, 5000),
    growth_seconds=5.0,
)
QUICK = Extent(
    rounds=5,
    limit=limit.Effort(5, 30, 1.0),
    race=race.Effort(5, 0.7, 10.0),
    starts=1,
    shops=((150, 2), (500, 2)),
    clients=(1, 8, 32),
    conversations=(1, 500),
    growth_seconds=1.5,
)


def main() -> None:
    """Measure, write, and say how long it took."""
    given = _arguments()
    extent, started = (QUICK if given.quick else FULL), time.monotonic()
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if not given.pages:
        results |= _measured(
            extent, given.only.split(","), set(filter(None, given.peers.split(","))), results
        )
        results["seconds"] = time.monotonic() - started
    _write(results)
    for target in targets(results):
        print(f"{'met' if target.is_met else 'SHORT':6} {target.name}: {page.number(target.value)}")
    for title, english, _, ours, theirs in behind_peers(results):
        print(f"{'BEHIND':6} {title}, {english}: {page.number(theirs)}, the bot {page.number(ours)}")
    print(f"docs/performance.md is written; {time.monotonic() - started:.0f} s in all")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: for a look, not for the page")
    parser.add_argument("--only", default="limit,race,cost,growth")
    parser.add_argument("--peers", default="", help="only these; bot is always there")
    parser.add_argument(
        "--pages", action="store_true", help="only write the pages from the figures there are"
    )
    return parser.parse_args()


def _measured(
    extent: Extent, parts: Sequence[str], peers: set[str], before: dict[str, Any]
) -> dict[str, Any]:
    shutil.rmtree(KEPT / "data", ignore_errors=True)
    KEPT.mkdir(exist_ok=True)
    entries = loader.load(load_settings().knowledge_dir).entries
    questions = held_out(entries)
    texts = [question.text for question in questions]
    found: dict[str, Any] = {
        "machine": machine.described(),
        "rounds": extent.rounds,
        "questions": len(questions),
    }
    measures: dict[str, Callable[[], Any]] = {
        "limit": lambda: limit.measure(KEPT, texts, exact(entries, EXACT), extent.limit),
        "race": lambda: _race(entries, questions, peers, extent.race),
        "cost": lambda: cost.measure(KEPT, texts, _answers_a_core_second(before | found), extent.starts),
        "growth": lambda: _growth(texts, extent),
    }
    for name, measure in measures.items():
        if name in parts:
            started = time.monotonic()
            found[name] = measure()
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    return found | {"client_share": _client_share(before | found)}


def _race(
    entries: Sequence[Entry], questions: Sequence[Question], peers: set[str], effort: race.Effort
) -> dict[str, Any]:
    answers = peer_knowledge.write_knowledge(KEPT, entries)
    chosen = [each for each in contenders(KEPT) if not peers or each.name in {"bot", *peers}]
    found = race.race(KEPT, chosen, questions, answers, effort)
    for each in chosen:
        found[each.name]["versions"] = machine.versions(each)
    return found


def _growth(texts: Sequence[str], extent: Extent) -> dict[str, Any]:
    seconds = extent.growth_seconds
    return {
        "knowledge": growth.with_knowledge(KEPT, extent.shops, seconds),
        "clients": growth.with_clients(KEPT, texts, extent.clients, seconds),
        "conversations": growth.with_conversations(KEPT, texts, extent.conversations, seconds),
    }


def _answers_a_core_second(results: dict[str, Any]) -> float:
    answers: float = results["race"]["bot"]["core_second"]
    return answers


def _client_share(results: dict[str, Any]) -> float:
    """The most that the load client took of a core in any comparison."""
    loads = [*results["limit"]["throughput"].values(), *results["race"].values()]
    return max(each.get("client_share", 0.0) for each in loads)


def _write(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    charts.draw(results, RESULTS.parent)
    page.write(results, DOCS)


if __name__ == "__main__":
    main()

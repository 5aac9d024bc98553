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
from benchmarks.performance.contenders import Contender, contenders
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
# The bot alone, the bot among others, what it takes (which needs the race's figures), how that grows.
PARTS = ("limit", "race", "cost", "growth")


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
    extent = QUICK if given.quick else FULL
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if not given.pages:
        results |= _measured(
            extent, given.only.split(","), set(filter(None, given.peers.split(","))), results
        )
    _save(results)
    if missing := [part for part in PARTS if part not in results]:
        raise SystemExit(f"{RESULTS} is written; for the page measure {', '.join(missing)} too")
    charts.draw(results, RESULTS.parent)
    page.write(results, DOCS)
    for target in targets(results):
        print(f"{'met' if target.is_met else 'SHORT':6} {target.name}: {page.number(target.value)}")
    for title, english, _, ours, theirs in behind_peers(results):
        print(f"{'BEHIND':6} {title}, {english}: {page.number(theirs)}, the bot {page.number(ours)}")
    print(f"docs/performance.md is written; {results['seconds']:.0f} s, peers' indexing aside")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: for a look, not for the page")
    parser.add_argument("--only", default=",".join(PARTS))
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
    peers_ready = _peers(entries, peers) if "race" in parts else None
    begun = time.monotonic()
    found: dict[str, Any] = {
        "machine": machine.described(),
        "rounds": extent.rounds,
        "is_quick": extent is QUICK,
        "is_partial": set(parts) != set(PARTS) or bool(peers),
        "questions": len(questions),
    }
    measures: dict[str, Callable[[], Any]] = {
        "limit": lambda: limit.measure(KEPT, texts, exact(entries, EXACT), extent.limit),
        "race": lambda: peers_ready and _race(peers_ready, questions, extent.race),
        "cost": lambda: cost.measure(KEPT, texts, _answers_a_core_second(before | found), extent.starts),
        "growth": lambda: _growth(texts, extent),
    }
    for name, measure in measures.items():
        if name in parts:
            started = time.monotonic()
            found[name] = measure()
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
            _save(before | found)
    return found | {"client_share": _client_share(before | found), "seconds": time.monotonic() - begun}


def _save(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class _Peers:
    """Who is measured, ids of entries by answers, and what preparing each came to."""

    chosen: tuple[Contender, ...]
    answers: dict[str, str]
    prepared: dict[str, float | str]


def _peers(entries: Sequence[Entry], names: set[str]) -> _Peers:
    answers = peer_knowledge.write_knowledge(KEPT, entries)
    chosen = tuple(each for each in contenders(KEPT) if not names or each.name in {"bot", *names})
    return _Peers(chosen, answers, peer_knowledge.prepare_each(KEPT, chosen))


def _race(peers: _Peers, questions: Sequence[Question], effort: race.Effort) -> dict[str, Any]:
    found = race.race(KEPT, peers.chosen, questions, peers.answers, peers.prepared, effort)
    for each in peers.chosen:
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
    loads = [*results.get("limit", {}).get("throughput", {}).values(), *results.get("race", {}).values()]
    return max((each.get("client_share", 0.0) for each in loads), default=0.0)


if __name__ == "__main__":
    main()

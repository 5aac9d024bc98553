"""The phases of a run, each with its figures: capacity, the long time at four fifths of it, the flood."""

from __future__ import annotations

import itertools
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

from benchmarks.fake_wechat import seen_by
from benchmarks.performance.http_client import load
from benchmarks.server import Server
from benchmarks.soak.editions import Editions
from benchmarks.soak.ledger import WELL, End, Entry, Ledger, by_channel, minutes, spread
from benchmarks.soak.memory import Memory, workers
from benchmarks.soak.open_loop import Request, drive
from benchmarks.soak.traffic import PATIENCE, PROBE, SHARES, Traffic

CLIENTS = 16
SHARE, TIMES = 0.8, 10
REBUILD_EVERY = 60.0
# What is no longer an answer in time, after the flood.
LATE = 0.5
# Requests that are made for each second of the capacity, more than are ever answered: none is sent twice.
_MADE, _DRAIN_SECONDS = 800, 120.0
_WAITING = re.compile(r'^bot_wechat_outbox_messages\{.*state="(?:waiting|sending)"\} (\S+)', re.MULTILINE)
_SHED = re.compile(r'^bot_http_shed_total\{result="(\w+)"\} (\S+)', re.MULTILINE)


@dataclass(frozen=True)
class Stage:
    """What all phases work with; ``wechat``: the address of its stand-in."""

    server: Server
    wechat: str
    traffic: Traffic
    ledger: Ledger
    editions: Editions


def capacity(stage: Stage, seconds: float) -> float:
    """Requests a second of the same mix, from clients who each wait for their answer.

    It is over when the messages that they caused are sent too: else it could not go on like that.
    """
    requests = [stage.traffic.request(0.0) for _ in range(int(_MADE * seconds))]
    found = load(stage.server.port, [each.data for each in requests], CLIENTS, seconds)
    if found.failures > len(found.latencies) // 100:
        raise SystemExit(f"{found.failures} requests failed while the capacity was measured")
    drained = time.monotonic()
    while _outbox(stage.server) and time.monotonic() < drained + _DRAIN_SECONDS:
        time.sleep(0.1)
    return len(found.latencies) / (found.seconds + time.monotonic() - drained)


def soak(
    stage: Stage,
    rate: float,
    seconds: float,
    tell: Callable[[str], None],
    keep: Callable[[dict[str, Any]], None],
) -> None:
    """The long phase: what it came to so far is kept every minute, and at last with what became of pushes."""
    memory, before, shed = Memory(stage.server), workers(stage.server), _shed(stage.server)
    start = time.monotonic() + 0.1
    warm = start + min(300.0, seconds / 3)
    with memory.watched(), stage.editions.changing(stage.server.url, REBUILD_EVERY):
        tell("channel requests errors p50 p99 most, ms")
        for first in range(0, int(seconds), 60):
            tell(f"minute {first // 60 + 1}")
            spent = min(first + 60.0, seconds)
            _minute(stage, rate, start + first, spent - first, tell)
            keep(_soaked(stage, rate, (start, warm, start + spent), memory, before))
    found = _soaked(stage, rate, (start, warm, start + seconds), memory, before)
    gone = Counter(_shed(stage.server)) - Counter(shed)
    keep(found | {"pushes": _pushes(stage, gone, stage.ledger.between(start, start + seconds))})


def _soaked(
    stage: Stage, rate: float, times: tuple[float, float, float], memory: Memory, before: list[int]
) -> dict[str, Any]:
    """From a start, with workers that are warm from then on, to an end; not what became of pushes."""
    start, warm, end = times
    entries = stage.ledger.between(start, end)
    span = min(60.0, (end - warm) / 2)
    return {
        "rate": rate,
        "channels": {name: _figures(found) for name, found in by_channel(entries).items()},
        "worst_minute": {
            name: max(spread(part)["p99"] for _, part in minutes(found, start))
            for name, found in by_channel(entries).items()
        },
        "requests": len(entries),
        "failed": dict(stage.ledger.errors) | _workers_lost(before, workers(stage.server)),
        "refused": sum(entry.end in (End.REFUSED, End.TOLD, End.UNREAD) for entry in entries),
        "outdated": stage.ledger.outdated,
        "rebuilds": {"done": len(stage.editions.seconds), "failed": stage.editions.failed},
        "rebuild_seconds": max(stage.editions.seconds, default=0.0),
        "memory": list(memory.growth((warm, warm + span), (end - span, end)).values()),
    }


def _minute(stage: Stage, rate: float, start: float, seconds: float, tell: Callable[[str], None]) -> None:
    drive(stage.server.port, stage.traffic.at_rate(rate, start, seconds), stage.ledger.note)
    for name, entries in by_channel(stage.ledger.between(start, start + seconds)).items():
        each = _figures(entries)
        times = " ".join(f"{each[figure]:6.0f}" for figure in ("p50", "p99", "most"))
        tell(f"{name:9} {each['requests']:6} {each['errors']:4} {times}")


def flood(stage: Stage, capacity: float, seconds: float, after: float) -> dict[str, Any]:
    """Ten times too much, each request on a connection of its own, and then as much as before."""
    errors, shed = Counter(stage.ledger.errors), _shed(stage.server)
    users = set(stage.ledger.mini_users)
    made = list(stage.traffic.at_rate(capacity * TIMES, 0.0, seconds))
    start = time.monotonic() + 0.5
    end = start + seconds
    calm = stage.traffic.at_rate(capacity * SHARE, end, after)
    drive(stage.server.port, itertools.chain(_from(made, start), calm), stage.ledger.note, keeps=False)
    entries = stage.ledger.between(start, end)
    gone = Counter(_shed(stage.server)) - Counter(shed)
    pushes = [entry for entry in entries if entry.channel in PATIENCE]
    probes = [entry for entry in entries if entry.channel == PROBE]
    return {
        "rate": capacity * TIMES,
        "seconds": seconds,
        "channels": {name: _figures(found) for name, found in by_channel(entries).items()},
        "kept": _answered_a_second(entries, seconds) / (capacity * (1 - SHARES["mini"])),
        "failed": dict(Counter(stage.ledger.errors) - errors),
        "slowest_push": max((entry.seconds for entry in pushes), default=0.0),
        "slowest_probe": max((entry.seconds for entry in probes), default=0.0),
        "recovered_after": recovered_after(stage.ledger.between(end, end + after), end),
        "shed": dict(gone),
        "pushes": _pushes(stage, gone, stage.ledger.between(start, end + after), users),
    }


def _answered_a_second(entries: list[Entry], seconds: float) -> float:
    """Of customers; whether a mini program's user will hear an answer shows only later."""
    return sum(entry.end is End.ANSWERED and entry.channel != PROBE for entry in entries) / seconds


def _from(requests: list[Request], start: float) -> list[Request]:
    return [
        Request(start + each.due, each.data, each.channel, each.patience, each.about) for each in requests
    ]


def recovered_after(entries: list[Entry], end: float) -> float:
    """Seconds from the flood's end until the last request that was not answered in time was due."""
    late = [entry.due - end for entry in entries if entry.end not in WELL or entry.seconds > LATE]
    return max(late, default=0.0)


def _pushes(
    stage: Stage, gone: Counter[str], entries: list[Entry], before: Set[str] = frozenset()
) -> dict[str, Any]:
    """Mini programs' users whose push was taken: how many got no message, or more than one.

    Not of those who were ``gone`` without one.
    """
    users = stage.ledger.mini_users - before
    unread_official = sum(entry.end is End.UNREAD for entry in entries)
    unread = max(0, int(gone["unread"]) - unread_official)
    deadline = time.monotonic() + _DRAIN_SECONDS
    while len(users - set(seen_by(stage.wechat).received)) > unread and time.monotonic() < deadline:
        time.sleep(0.5)
    received = seen_by(stage.wechat).received
    return {
        "taken": len(users),
        "unread": unread,
        "lost": max(0, len(users - set(received)) - unread),
        "twice": sum(received.get(user, 0) > 1 for user in users) + stage.ledger.changed,
    }


def _figures(entries: list[Entry]) -> dict[str, Any]:
    ends = Counter(entry.end.value for entry in entries)
    taken = spread([entry for entry in entries if entry.end in WELL])
    refused = spread([entry for entry in entries if entry.end in (End.REFUSED, End.TOLD, End.UNREAD)])
    errors = ends[End.ERROR]
    return (
        {"requests": len(entries), "errors": errors, "ends": ends} | taken | {"refused_p99": refused["p99"]}
    )


def _workers_lost(before: list[int], after: list[int]) -> dict[str, int]:
    lost = len(set(before) - set(after))
    return {"workers that died": lost} if lost else {}


def _outbox(server: Server) -> float:
    """Messages that are not sent yet."""
    return sum(map(float, _WAITING.findall(_metrics(server))))


def _shed(server: Server) -> dict[str, float]:
    return {result: float(value) for result, value in _SHED.findall(_metrics(server))}


def _metrics(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as response:
        text: str = response.read().decode()
        return text

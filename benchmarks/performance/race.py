"""The bot and its peers, all started on the same machine, asked the same in turns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.performance.contenders import Contender
from benchmarks.performance.figures import false_share, hit_share, interleaved, medians, percentile
from benchmarks.performance.footprint import cpu_seconds, family, installed_mb, pss_mb
from benchmarks.performance.http_client import ask_each, load
from benchmarks.performance.peer_knowledge import environment
from benchmarks.performance.questions import Question
from benchmarks.performance.servers import bot_environment, serving
from benchmarks.server import Server

MANY = 32
# Seconds an answer from which on one round has to do: many clients would wait for minutes in each.
SLOW = 0.3


@dataclass(frozen=True)
class Effort:
    """Rounds, seconds a round for one client and for many, seconds at most to ask every question."""

    rounds: int
    seconds: float
    pass_seconds: float


def race(
    folder: Path,
    contenders: Sequence[Contender],
    questions: Sequence[Question],
    answers: Mapping[str, str],
    prepared: Mapping[str, float | str],
    effort: Effort,
) -> dict[str, Any]:
    """Figures by contender; one that could not be prepared or started has its reason instead."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        servers: dict[str, tuple[Contender, Server]] = {}
        for contender in contenders:
            found[contender.name] = facts = {"title": contender.title, "setup": contender.setup}
            facts["prepared_after"] = prepared[contender.name]
            if isinstance(facts["prepared_after"], str):
                facts["reason"] = facts["prepared_after"]
                continue
            try:
                server = stack.enter_context(_started(folder, contender, questions))
            except (OSError, SystemExit) as error:
                facts["reason"] = str(error)
                continue
            print(f"{contender.name}: ready after {server.ready_after:.1f} s", flush=True)
            servers[contender.name] = contender, server
            found[contender.name] |= _first_facts(contender, server, questions, answers, effort)
        turns = {
            name: partial(_round, contender, server, questions, effort.seconds)
            for name, (contender, server) in servers.items()
        }
        slow = {name for name in turns if found[name].get("seconds_each", 0.0) > SLOW}
        rounds = interleaved(effort.rounds, {name: turn for name, turn in turns.items() if name not in slow})
        rounds |= interleaved(1, {name: turns[name] for name in slow})
        for name, figures in rounds.items():
            found[name] |= medians(figures) | {"pss": pss_mb(family(servers[name][1].pid))}
    return found


def _started(folder: Path, contender: Contender, questions: Sequence[Question]) -> Any:  # noqa: ANN401
    variables = environment(folder)
    if contender.name == "bot":
        variables = bot_environment(folder / "data")
    probe = contender.request(questions[0].text)
    return serving(contender.full_command(), variables, probe, folder / f"{contender.name}.log")


def _first_facts(
    contender: Contender,
    server: Server,
    questions: Sequence[Question],
    answers: Mapping[str, str],
    effort: Effort,
) -> dict[str, Any]:
    requests = [contender.request(question.text) for question in questions]
    began = time.monotonic()
    replies = ask_each(server.port, requests, clients=2, seconds=effort.pass_seconds)
    seconds_each = (time.monotonic() - began) / len(replies)
    # Every worker answers once, and whatever it loads late is there.
    load(server.port, requests, 2, 0.5)
    asked = [questions[reply.number] for reply in replies]
    told = []
    for reply in replies:
        with suppress(ValueError, KeyError, TypeError):
            told.append(contender.reading(reply.body, answers))
    if len(told) != len(replies):
        return {"ready_after": server.ready_after, "reason": f"unread: {replies[0].body[:200]!r}"}
    expected = [question.expected for question in asked]
    return {
        "ready_after": server.ready_after,
        "asked": len(asked),
        "seconds_each": seconds_each,
        "hit_at_1": hit_share(expected, [each.entry for each in told]),
        "right": hit_share(expected, [each.entry if each.is_answered else None for each in told]),
        "false": false_share(expected, [each.is_answered for each in told]),
        "processes": len(family(server.pid)),
        "installed": installed_mb(contender.environment_folder),
    }


def _round(
    contender: Contender, server: Server, questions: Sequence[Question], seconds: float
) -> dict[str, float]:
    requests = [contender.request(question.text) for question in questions]
    # Pushes must be new ones, and of what answers fast there are more than questions.
    while contender.request is not None and len(requests) < seconds * 2000 and _is_push(requests[0]):
        requests += [contender.request(question.text) for question in questions]
    one = load(server.port, requests, 1, seconds)
    before = cpu_seconds(family(server.pid))
    many = load(server.port, requests[len(one.latencies) :] or requests, MANY, seconds)
    cpu = cpu_seconds(family(server.pid)) - before
    return {
        "one_p50": 1000 * percentile(one.latencies, 50),
        "one_p99": 1000 * percentile(one.latencies, 99),
        "many_p50": 1000 * percentile(many.latencies, 50),
        "many_p99": 1000 * percentile(many.latencies, 99),
        "throughput": many.throughput,
        "core_second": len(many.latencies) / cpu if cpu else 0.0,
        "failures": float(one.failures + many.failures),
        "client_share": many.client_share,
    }


def _is_push(request: bytes) -> bool:
    return request.startswith(b"POST /wechat")

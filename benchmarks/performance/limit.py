"""How near the bot comes to what the machine can do: a model run a question, a server that does nothing.

In one run, in turns, so that whatever else the machine does disturbs all alike.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ask_latency import raw_model
from benchmarks.performance.figures import interleaved, median_ratio, medians, percentile
from benchmarks.performance.footprint import cpu_seconds, family
from benchmarks.performance.http_client import Reply, drive, load
from benchmarks.performance.questions import ask, pushes
from benchmarks.performance.servers import EMPTY_APP, SAME_GUNICORN, WORKERS, serving, serving_bot
from benchmarks.server import Server

CLIENTS = 16
# A push must never have been delivered before: enough of them for a round.
_PUSHES_A_SECOND = 1500


@dataclass(frozen=True)
class Effort:
    """How long it is measured: rounds, questions a round for latency, seconds a round for throughput."""

    rounds: int
    questions: int
    seconds: float


def measure(folder: Path, held_out: Sequence[str], exact: Sequence[str], effort: Effort) -> dict[str, Any]:
    """The figures of this part."""
    return _latency(folder, held_out, effort) | _throughputs(folder, held_out, exact, effort)


def _latency(folder: Path, questions: Sequence[str], effort: Effort) -> dict[str, Any]:
    """One client of one worker: a raw run of each question, then the question itself."""
    run_model = raw_model()
    with serving_bot(folder, ask(questions[0]), BOT_WORKERS="1") as server:
        _paired(server, questions[:20], run_model)
        rounds = [
            _paired(server, _part(questions, number, effort.questions), run_model)
            for number in range(effort.rounds)
        ]
    raw, asked = ([pair[i] for pair in rounds] for i in (0, 1))
    return {
        "latency": {"raw": medians(raw), "ask": medians(asked)},
        "latency_ratio": median_ratio(asked, raw, "p50"),
        "latency_cpu_ratio": median_ratio(asked, raw, "cpu"),
    }


def _part(questions: Sequence[str], number: int, count: int) -> list[str]:
    """Another part of the questions each round."""
    return [questions[(number * count + i) % len(questions)] for i in range(count)]


def _paired(
    server: Server,
    questions: Sequence[str],
    run_model: Any,  # noqa: ANN401
) -> tuple[dict[str, float], dict[str, float]]:
    runs: list[tuple[float, float]] = []
    replies: list[Reply] = []

    def requests() -> Iterator[bytes]:
        """Each is made when the reply to the last one is here: the model's run lies between them."""
        for question in questions:
            started, cpu = time.perf_counter(), time.thread_time()
            run_model(question)
            runs.append((time.perf_counter() - started, time.thread_time() - cpu))
            yield ask(question)

    before = cpu_seconds(family(server.pid))
    drive(server.port, requests(), 1, float("inf"), replies.append)
    cpu = cpu_seconds(family(server.pid)) - before
    seconds = [run[0] for run in runs]
    raw = _spread(seconds) | {"cpu": 1000 * sum(run[1] for run in runs) / len(runs)}
    return raw, _spread([reply.seconds for reply in replies]) | {"cpu": 1000 * cpu / len(replies)}


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {"p50": 1000 * percentile(seconds, 50), "p99": 1000 * percentile(seconds, 99)}


def _throughputs(
    folder: Path, held_out: Sequence[str], exact: Sequence[str], effort: Effort
) -> dict[str, Any]:
    questions, known = [ask(question) for question in held_out], [ask(question) for question in exact]
    seconds = effort.seconds
    with ExitStack() as stack:
        runners = stack.enter_context(_model_runners(held_out))
        bot = stack.enter_context(serving_bot(folder, known[0]))
        flask = stack.enter_context(
            serving([sys.executable, *SAME_GUNICORN, EMPTY_APP], {}, known[0], folder / "empty.log")
        )
        rounds = interleaved(
            effort.rounds,
            {
                "model": lambda: _raw_throughput(runners, seconds),
                "held_out": lambda: _loaded(bot, questions, seconds),
                "empty": lambda: _loaded(flask, known, seconds),
                "exact": lambda: _loaded(bot, known, seconds),
                "pushes": lambda: _loaded(bot, list(pushes(exact, int(seconds * _PUSHES_A_SECOND))), seconds),
            },
        )
    shares = {
        "held_out_share": median_ratio(rounds["held_out"], rounds["model"], "throughput"),
        "exact_share": median_ratio(rounds["exact"], rounds["empty"], "throughput"),
        "pushes_share": median_ratio(rounds["pushes"], rounds["empty"], "throughput"),
    }
    return {"throughput": {name: medians(found) for name, found in rounds.items()}} | shares


def _loaded(server: Server, requests: Sequence[bytes], seconds: float) -> dict[str, float]:
    before = cpu_seconds(family(server.pid))
    found = load(server.port, requests, CLIENTS, seconds)
    cpu = cpu_seconds(family(server.pid)) - before
    return {
        "throughput": found.throughput,
        "cpu": 1000 * cpu / max(len(found.latencies), 1),
        "failures": float(found.failures),
        "client_share": found.client_share,
    }


@contextmanager
def _model_runners(questions: Sequence[str]) -> Iterator[list[ProcessPoolExecutor]]:
    """As many processes as the bot has workers, which do nothing but run the model."""
    with ExitStack() as stack:
        spawned = multiprocessing.get_context("spawn")
        pools = [
            ProcessPoolExecutor(1, spawned, initializer=_load, initargs=(list(questions),))
            for _ in range(WORKERS)
        ]
        for pool in pools:
            stack.enter_context(pool)
            pool.submit(_run_for, 0.1).result()
        yield pools


def _raw_throughput(pools: Sequence[ProcessPoolExecutor], seconds: float) -> dict[str, float]:
    tasks = [pool.submit(_run_for, seconds) for pool in pools]
    done = [task.result() for task in tasks]
    runs = sum(count for count, _ in done)
    cpu = 1000 * sum(used for _, used in done) / runs
    return {"throughput": runs / seconds, "cpu": cpu, "failures": 0.0, "client_share": 0.0}


_own: dict[str, Any] = {}


def _load(questions: list[str]) -> None:
    _own.update(run=raw_model(), questions=questions)


def _run_for(seconds: float) -> tuple[int, float]:
    """Runs and seconds of processor time."""
    count, deadline, cpu = 0, time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < deadline:
        _own["run"](_own["questions"][count % len(_own["questions"])])
        count += 1
    return count, time.process_time() - cpu

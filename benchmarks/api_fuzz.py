"""Requests of all kinds, made from ``/openapi.json``, and whether every reply is what that promises.

    python -m benchmarks.api_fuzz [--cases 5000] [--seed 1]

Schemathesis sends what the description allows and what it does not, without a key and with one, and checks
statuses, schemas, headers and authentication. Any 5xx is a failure.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.server import serving

ADMIN_KEY = "a-key-for-this-measurement-alone-0123456789"
OPERATIONS = 8
_GENERATED = re.compile(r"^\s+([\d,]+) generated", re.MULTILINE)
# Every accepted rebuild would start a build.
_REBUILD = "/admin/index/rebuild"


@dataclass(frozen=True)
class FuzzRun:
    """How many requests were made, what Schemathesis said, and whether it found nothing wrong."""

    cases: int
    report: str
    is_clean: bool


def main() -> None:
    """Fuzz and print; exits with 1 if anything is not as described."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, serving(admin_key=ADMIN_KEY, data_dir=data) as server:
        runs = fuzz(server.url, arguments.cases, arguments.seed)
    for run in runs:
        if not run.is_clean:
            print(run.report)
    print(f"cases   {sum(run.cases for run in runs)}")
    print(f"runs    {len(runs)}, of them clean {sum(run.is_clean for run in runs)}")
    sys.exit(0 if all(run.is_clean for run in runs) else 1)


def fuzz(address: str, cases: int, seed: int) -> list[FuzzRun]:
    """At least so many requests to a server whose admin key is ``ADMIN_KEY``: with and without it in turn."""
    runs: list[FuzzRun] = []
    for number in count():
        if (missing := cases - sum(run.cases for run in runs)) <= 0:
            return runs
        key = ["--exclude-path", _REBUILD, "-H", f"Authorization: Bearer {ADMIN_KEY}"] if number % 2 else []
        runs.append(_run(address, min(missing // OPERATIONS, 300) + 1, seed + number // 2, key))
    return runs


def _run(address: str, examples: int, seed: int, options: list[str]) -> FuzzRun:
    """``examples`` for each operation; all checks, and all phases: examples, coverage, fuzzing, stateful."""
    chosen = ["--checks", "all", "--max-examples", str(examples), "--seed", str(seed)]
    program = Path(sys.executable).parent / "schemathesis"
    with tempfile.TemporaryDirectory() as folder:  # it keeps what it found where it runs
        done = subprocess.run(
            [str(program), "run", f"{address}/openapi.json", *chosen, "--continue-on-failure", *options],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    found = _GENERATED.search(done.stdout)
    if found is None:
        raise SystemExit(done.stdout + done.stderr)
    return FuzzRun(int(found[1].replace(",", "")), done.stdout, done.returncode == 0)


if __name__ == "__main__":
    main()

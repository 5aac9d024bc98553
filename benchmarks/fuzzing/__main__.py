"""Fuzz every target, or those that are named, one after the other; a table of what came of it.

    python -m benchmarks.fuzzing [--cases 1000000] [--seed 1] [TARGET …]

A case fails by any exception that its module does not document, by an answer that contradicts itself, and by
taking too long. What is interesting is kept in ``.fuzz/TARGET``, where a later run begins; a case that failed
lies beside it, and ``python -m benchmarks.fuzzing.one TARGET FILE`` runs it again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TARGETS = ("wechat", "markdown", "tables", "workbook", "questions", "manifests")
CORPUS = Path(".fuzz")
# Seconds by the clock after which a case is stuck where Python cannot be interrupted.
_STUCK = 600
_LINE = re.compile(r"^#(\d+)\t(?:pulse|INITED|DONE)")
_STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)")
_FAILED = re.compile(r"Test unit written to (\S+-(?:crash|timeout|oom|leak)-\S+)")


@dataclass(frozen=True)
class Run:
    """What came of one target; ``failed`` is the file with the case that failed, empty if none did."""

    target: str
    cases: int
    interesting: int
    seconds: float
    failed: str


def main() -> None:
    """Fuzz and print; exits with 1 if a case failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    runs = [_fuzz(name, chosen.cases, chosen.seed) for name in chosen.targets or TARGETS]
    print(f"\n{'target':12}{'cases':>12}{'interesting':>13}{'minutes':>9}  found")
    for run in runs:
        found = run.failed or "nothing"
        print(f"{run.target:12}{run.cases:>12,}{run.interesting:>13,}{run.seconds / 60:>9.1f}  {found}")
    sys.exit(any(run.failed for run in runs))


def _fuzz(target: str, cases: int, seed: int) -> Run:
    options = [f"-runs={cases}", f"-timeout={_STUCK}", f"-report_slow_units={_STUCK}", f"-seed={seed}"]
    command = [sys.executable, "-m", "benchmarks.fuzzing.one", target, *options, "-print_final_stats=1"]
    started, figures, failed = time.monotonic(), {"number_of_executed_units": 0, "new_units_added": 0}, ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout or ():
            if pulse := _LINE.match(line):
                print(f"{target}: {int(pulse[1]):,} of {cases:,} cases", flush=True)
            elif statistic := _STATISTIC.match(line):
                figures[statistic[1]] = int(statistic[2])
            elif not line.startswith(("#", "INFO", "\tNEW", "DEDUP")):
                print(line, end="", flush=True)
            if wrote := _FAILED.search(line):
                failed = wrote[1]
    if running.returncode and not failed:
        failed = f"exit status {running.returncode}"
    took = time.monotonic() - started
    return Run(target, figures["number_of_executed_units"], figures["new_units_added"], took, failed)


if __name__ == "__main__":
    main()

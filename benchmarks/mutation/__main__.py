"""Which changes to the code no test notices; a table, and what survived.

    python -m benchmarks.mutation PART [--modules NAME …] [--most 100] [--minutes 60] [--again]

``.mutation/PART`` keeps the verdicts of modules that have not changed since: a later run goes on from there.
Mutants are tried in an order drawn at random, the same each time, so the first of them are a fair sample.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.mutation.mutants import Mutated, mutated, refused
from benchmarks.mutation.parts import PARTS, Part
from benchmarks.mutation.report import print_survivors, print_table
from benchmarks.mutation.trying import SURVIVED, UNREACHED, Job

_SEED = 1
# Of every library that counts in threads of its own: a fork has none of them.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
REFUSED = "refused"


def main() -> None:
    """Try, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--modules", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--most", type=int, default=100_000, help="mutants of each module")
    parser.add_argument("--minutes", type=float, default=60.0, help="for each module")
    parser.add_argument("--again", action="store_true", help="try once more what survived")
    chosen = parser.parse_args()
    part, folder = PARTS[chosen.part], Path(".mutation", chosen.part)
    wanted = chosen.modules or [file.stem for file in part.files()]
    modules = [mutated(file) for file in part.files() if file.stem in wanted]
    kept = {module.module: _kept(module, folder) for module in modules}
    _refuse(modules, kept, folder)
    for module in modules:
        unsure = {SURVIVED, UNREACHED} if chosen.again else set()
        names = _sample(module, kept[module.module], chosen.most, unsure)
        _try(module, names, part, kept[module.module], folder, chosen.minutes)
    print_table(modules, kept)
    print_survivors(modules, kept)


def _kept(module: Mutated, folder: Path) -> dict[str, str]:
    """Verdicts of an earlier run on the same code."""
    file = _file(module, folder)
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return known


def _file(module: Mutated, folder: Path) -> Path:
    return folder / f"{module.file.stem}-{hashlib.sha256(module.code.encode()).hexdigest()[:12]}.json"


def _refuse(modules: list[Mutated], kept: dict[str, dict[str, str]], folder: Path) -> None:
    """Note what ``mypy`` refuses, where nothing is known of a module yet."""
    new = [module for module in modules if not kept[module.module] and module.names]
    for module, names in refused(new, folder).items() if new else ():
        kept[module] |= dict.fromkeys(names, REFUSED)
    for module in new:
        _file(module, folder).write_text(json.dumps(kept[module.module]))


def _sample(module: Mutated, verdicts: dict[str, str], most: int, unsure: set[str]) -> list[str]:
    """The first in the drawn order, those left out that are known."""
    names = [name for name in module.names if verdicts.get(name) != REFUSED]
    random.Random(_SEED).shuffle(names)
    return [name for name in names[:most] if name not in verdicts or verdicts[name] in unsure]


def _try(
    module: Mutated, names: list[str], part: Part, verdicts: dict[str, str], folder: Path, minutes: float
) -> None:
    if not names:
        return
    job, found = folder / f"{module.file.stem}-job.json", folder / f"{module.file.stem}-verdicts.json"
    reached = _file(module, folder).with_suffix(".reached")
    found.unlink(missing_ok=True)
    wanted = Job(module.module, str(module.file), module.code, list(part.tests), names, minutes, str(reached))
    job.write_text(json.dumps(asdict(wanted)), "utf-8")
    command = [sys.executable, "-m", "benchmarks.mutation.trying", str(job), str(found)]
    subprocess.run(command, env=os.environ | _ONE_THREAD, stdout=sys.stderr)
    verdicts |= json.loads(found.read_text()) if found.exists() else {}
    _file(module, folder).write_text(json.dumps(verdicts))


if __name__ == "__main__":
    main()

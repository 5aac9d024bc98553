"""Which changes to the code no test notices; a table, and what survived.

    python -m benchmarks.mutation PART [--modules NAME …] [--most 100] [--minutes 60] [--again]
        [--tests FILE …]

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
from dataclasses import asdict, replace
from itertools import zip_longest
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
    parser.add_argument("--minutes", type=float, default=60.0, help="no mutant is begun after them")
    parser.add_argument("--again", action="store_true", help="try once more what survived")
    parser.add_argument("--tests", nargs="*", default=[], metavar="FILE", help="in place of the part's")
    chosen = parser.parse_args()
    part, folder = PARTS[chosen.part], Path(".mutation", chosen.part)
    part = replace(part, tests=tuple(chosen.tests) or part.tests)
    wanted = chosen.modules or [file.stem for file in part.files()]
    modules = [mutated(file) for file in part.files() if file.stem in wanted]
    kept = {module.module: _kept(module, folder) for module in modules}
    _refuse(modules, kept, folder)
    _take_over(modules, kept, folder)
    unsure = {SURVIVED, UNREACHED} if chosen.again else set()
    names = [_sample(module, kept[module.module], chosen.most, unsure) for module in modules]
    if any(names):
        _try(modules, names, part, folder, chosen.minutes)
    _take_over(modules, kept, folder)
    print_table(modules, kept)
    print_survivors(modules, kept)


def _kept(module: Mutated, folder: Path) -> dict[str, str]:
    """Verdicts of an earlier run on the same code."""
    file = _file(module, folder)
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return known


def _file(module: Mutated, folder: Path) -> Path:
    return folder / f"{module.file.stem}-{_digest([module])}.json"


def _digest(modules: list[Mutated]) -> str:
    return hashlib.sha256("".join(module.code for module in modules).encode()).hexdigest()[:12]


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
    tried = [name for name in names[:most] if name not in verdicts or verdicts[name] in unsure]
    return [f"{module.module}.{name}" for name in tried]


def _try(modules: list[Mutated], names: list[list[str]], part: Part, folder: Path, minutes: float) -> None:
    """By turns one of each module."""
    by_turns = [name for turn in zip_longest(*names) for name in turn if name]
    codes = {module.module: (str(module.file), module.code) for module in modules}
    digest = _digest(modules)
    package = modules[0].module.rpartition(".")[0]
    reached = folder / f"{digest}-{hashlib.sha256(repr(part.tests).encode()).hexdigest()[:6]}.reached"
    job = Job(package, codes, list(part.tests), by_turns, minutes, str(reached))
    (folder / f"{digest}.job").write_text(json.dumps(asdict(job)), "utf-8")
    command = [sys.executable, "-m", "benchmarks.mutation.trying"]
    files = [str(folder / name) for name in (f"{digest}.job", f"{digest}.verdicts")]
    subprocess.run([*command, *files], env=os.environ | _ONE_THREAD, stdout=sys.stderr)


def _take_over(modules: list[Mutated], kept: dict[str, dict[str, str]], folder: Path) -> None:
    """Keep what the last run with the same code found, which may have been broken off."""
    file = folder / f"{_digest(modules)}.verdicts"
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    for name, verdict in found.items():
        module, _, mutant = name.rpartition(".")
        kept[module][mutant] = verdict
    for each in modules:
        _file(each, folder).write_text(json.dumps(kept[each.module]))
    file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

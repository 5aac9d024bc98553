"""What a build costs: the first one, one where nothing has changed, one where a single entry has.

    python -m benchmarks.incremental [--entries 10000] [--phrasings 2] [--folder DIR] [--skip-first]

Each build is the operator's own command in a process of its own, on a made-up shop's knowledge. Time on the
clock from start to exit, and the processor's, which other programs disturb less; then the stages of the last
build as its log has them. A folder that is given is kept, and its knowledge and embeddings are used again.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import PROJECT
from benchmarks.shop_knowledge import write_knowledge
from bot.settings import load_settings

_STAGE = re.compile(r"(.+): done in (.+)")
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Build:
    """A build: seconds on the clock and of the processor, and the stages its log tells with their times."""

    seconds: float
    cpu: float
    stages: list[tuple[str, str]]


def build(folder: Path) -> Build:
    """Run ``index build`` on the knowledge in a folder; raises CalledProcessError with its log."""
    settings = {name: folder / name for name in ("knowledge", "index", "cache", "data")}
    environment = os.environ | {f"BOT_{name.upper()}_DIR": str(path) for name, path in settings.items()}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "index", "build"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"the build failed:\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Build(seconds, cpu, _STAGE.findall(done.stderr))


def prepare(folder: Path, entries: int, phrasings: int) -> None:
    """Knowledge, and the model that this machine has prepared."""
    (folder / "cache").mkdir(parents=True, exist_ok=True)
    models = load_settings().cache_dir / "models"
    if models.is_dir() and not (folder / "cache" / "models").exists():
        (folder / "cache" / "models").symlink_to(models)
    if not (folder / "knowledge").exists():
        write_knowledge(folder / "knowledge", entries, phrasings=phrasings)


def change_one_entry(folder: Path) -> None:
    """Reword the first answer of a file."""
    path = folder / "knowledge" / "zh" / "shop-1.md"
    text = path.read_text("utf-8")
    path.write_text(text.replace("### 回答\n\n", f"### 回答\n\n自{time.time_ns()}起有变。", 1), "utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--phrasings", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="work here and leave it there")
    parser.add_argument("--skip-first", action="store_true", help="the folder has been built before")
    given = parser.parse_args()
    with nullcontext(str(given.folder)) if given.folder else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.entries, given.phrasings)
        builds = {} if given.skip_first else {"first": build(folder)}
        builds["nothing changed"] = build(folder)
        change_one_entry(folder)
        builds["one entry changed"] = build(folder)
        _report(given.entries, given.phrasings, builds)
        _report_size(folder)


def _report(entries: int, phrasings: int, builds: dict[str, Build]) -> None:
    print(f"{entries:,} entries of {phrasings} phrasings\n")
    print("| build | seconds | CPU seconds |\n|---|---|---|")
    for name, made in builds.items():
        print(f"| {name} | {made.seconds:.1f} | {made.cpu:.1f} |")
    print("\n| stage of the last build | time |\n|---|---|")
    for what, seconds in list(builds.values())[-1].stages:
        print(f"| {what} | {seconds} |")


def _report_size(folder: Path) -> None:
    version = folder / "index" / (folder / "index" / "CURRENT").read_text().strip()
    print("\n| on disk | MiB |\n|---|---|")
    for name, path in (("the version", version), ("the caches", folder / "cache")):
        files = [file for file in path.rglob("*") if file.is_file()]
        print(f"| {name} | {sum(file.stat().st_size for file in files) / _MEBIBYTE:.0f} |")


if __name__ == "__main__":
    main()

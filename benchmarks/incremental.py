"""What a build costs: the first one, one where nothing has changed, one where a single entry has.

    python -m benchmarks.incremental [--entries N] [--phrasings N] [--folder DIR] [--watch] [--import]

Each build is the operator's own command in a process of its own, on a made-up shop's knowledge. Time on the
clock from start to exit, and the processor's, which other programs disturb less; then the stages of the last
build as its log has them. A folder that is given is kept, and its knowledge and embeddings are used again.

With ``--watch`` a server answers, and changes go live by themselves. With ``--import`` the knowledge is a
table that went through ``knowledge import``, and the index is asked some of its questions in other words,
and as many that come close but that nothing answers.
"""

from __future__ import annotations

import argparse
import http.client
import json
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
from statistics import quantiles

from benchmarks.server import PROJECT, resident_mb, serving
from benchmarks.shop_knowledge import write_knowledge, write_reworded, write_rows
from bot.settings import load_settings

_STAGE = re.compile(r"(.+): done in (.+)")
_MEBIBYTE = 2**20
_HEADING = re.compile(r"^## (.+?) \{#", re.MULTILINE)
_ANSWER = re.compile(r"### 回答\n\n(自\d+起有变。)*")
WATCHED, WATCHER_READY = 3, 8.0
REWORDED, WARMING, JSON = 200, 20, "application/json"


@dataclass(frozen=True)
class Build:
    """A build: seconds on the clock and of the processor, and the stages its log tells with their times."""

    seconds: float
    cpu: float
    stages: list[tuple[str, str]]


def build(folder: Path) -> Build:
    """Run ``index build`` on the knowledge in a folder."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = operate(folder, "index", "build")
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Build(seconds, cpu, _STAGE.findall(done.stderr))


def operate(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run an operator's command on a folder; raises SystemExit with its log."""
    environment = os.environ | {f"BOT_{name.upper()}": value for name, value in settings_of(folder).items()}
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, command)]
    done = subprocess.run(flask, cwd=PROJECT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done


def settings_of(folder: Path) -> dict[str, str]:
    """Have everything lie in one folder."""
    return {f"{name}_dir": str(folder / name) for name in ("knowledge", "index", "cache", "data")}


def prepare(folder: Path, entries: int, phrasings: int, *, is_imported: bool) -> None:
    """Knowledge, and the model that this machine has prepared."""
    (folder / "cache").mkdir(parents=True, exist_ok=True)
    models = load_settings().cache_dir / "models"
    if models.is_dir() and not (folder / "cache" / "models").exists():
        (folder / "cache" / "models").symlink_to(models)
    if (folder / "knowledge").exists():
        return
    if is_imported:
        write_rows(folder / "rows.jsonl", entries, phrasings)
        started = time.monotonic()
        operate(folder, "knowledge", "import", folder / "rows.jsonl", "--to", folder / "knowledge")
        print(f"imported in {time.monotonic() - started:.1f} s")
    else:
        write_knowledge(folder / "knowledge", entries, phrasings=phrasings)


def change_one_entry(folder: Path) -> tuple[str, str]:
    """Reword the first answer of a file; its question, and what is new in the answer."""
    path = min((folder / "knowledge" / "zh").rglob("*.md"))
    text, news = path.read_text("utf-8"), f"自{time.time_ns()}起有变。"
    path.write_text(_ANSWER.sub(f"### 回答\n\n{news}", text, count=1), "utf-8")
    return _HEADING.findall(text)[0], news


def watch(folder: Path) -> None:
    """Serve, watch the knowledge, and see when each of some changes is answered with."""
    with serving(workers=1, watch="true", **settings_of(folder)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        time.sleep(WATCHER_READY)
        seconds = [_until_live(connection, *change_one_entry(folder)) for _ in range(WATCHED)]
    print("\nwith `index watch`, seconds from saving to live:", *(f"{each:.2f}" for each in seconds))


def _until_live(connection: http.client.HTTPConnection, question: str, news: str) -> float:
    started = time.monotonic()
    while news not in _asked(connection, question):
        time.sleep(0.05)
    seconds = time.monotonic() - started
    time.sleep(1)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--phrasings", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="work here and leave it there")
    parser.add_argument("--skip-first", action="store_true", help="the folder has been built before")
    parser.add_argument("--import", dest="is_imported", action="store_true", help="from a table")
    parser.add_argument("--watch", action="store_true", help="also have changes go live by themselves")
    given = parser.parse_args()
    with nullcontext(str(given.folder)) if given.folder else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.entries, given.phrasings, is_imported=given.is_imported)
        builds = {} if given.skip_first else {"first": build(folder)}
        builds["nothing changed"] = build(folder)
        change_one_entry(folder)
        builds["one entry changed"] = build(folder)
        _report(given.entries, given.phrasings, builds)
        _report_size(folder)
        if given.watch:
            watch(folder)
        if given.is_imported:
            ask(folder, given.entries)


def ask(folder: Path, entries: int) -> None:
    """Ask in other words: by the operator's own command how well, then over HTTP how fast."""
    file = folder / "reworded.jsonl"
    write_reworded(file, entries, REWORDED)
    figures, _, _ = operate(folder, "evaluate", file).stdout.partition("\n\n")
    print(f"\n{figures}\n")
    questions = [json.loads(line)["question"] for line in file.read_text("utf-8").splitlines()]
    with serving(workers=1, **settings_of(folder)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        milliseconds = [_asking(connection, question) for question in questions]
        memory = resident_mb(server.worker_pids()[0])
    p50, p99 = (quantiles(milliseconds[WARMING:], n=100)[percent - 1] for percent in (50, 99))
    print(
        f"/ask: p50 {p50:.1f} ms, p99 {p99:.1f} ms; ready after {server.ready_after:.1f} s; {memory:.0f} MB"
    )


def _asking(connection: http.client.HTTPConnection, question: str) -> float:
    started = time.perf_counter()
    _asked(connection, question)
    return (time.perf_counter() - started) * 1000


def _asked(connection: http.client.HTTPConnection, question: str) -> str:
    connection.request("POST", "/ask", json.dumps({"question": question}), {"Content-Type": JSON})
    return str(json.loads(connection.getresponse().read())["answer"])


def _report(entries: int, phrasings: int, builds: dict[str, Build]) -> None:
    print(f"{entries:,} entries of {phrasings} phrasings\n")
    print("| build | seconds | CPU seconds |\n|---|---|---|")
    for name, made in builds.items():
        print(f"| {name} | {made.seconds:.1f} | {made.cpu:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nlargest process: {peak:.0f} MiB")
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

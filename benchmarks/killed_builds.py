"""Kills index builds at random moments: does the live version serve, and does the next build succeed?

    python -m benchmarks.killed_builds [--kills 50]

Each build is a process of its own that does what ``flask --app wsgi index build --again`` does, on a small
made-up knowledge base with checks, forked with the libraries loaded, which is no part of a build. The kill
(SIGKILL) comes at a random moment between the build taking its lock and its usual end.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from benchmarks.shop_knowledge import write_knowledge
from bot.answering.answerer import Answerer
from bot.build_result import Order
from bot.knowledge import loader
from bot.operations import Operations
from bot.ports import no_progress
from bot.retrieval.locking import BUILD_LOCK
from bot.settings import Settings, load_settings

ENTRIES = 12
CHECKS = 8
_TENTHS = 10
_FORKING = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Kill:
    """One kill: at which share of a build, whether that had published, and what was found after it."""

    moment: float
    was_running: bool
    was_published: bool
    left: int
    serves: bool
    next_succeeds: bool


def build_again(settings: Settings) -> None:
    """One build, in a process of its own."""
    sys.exit(0 if Operations(settings).build(no_progress, Order(again=True)).is_live else 1)


class Shop:
    """A scratch knowledge base and its index folder."""

    def __init__(self, folder: Path) -> None:
        knowledge = folder / "knowledge"
        write_knowledge(knowledge, ENTRIES)
        folders = {"knowledge_dir": knowledge, "index_dir": folder / "index"}
        self.settings: Settings = load_settings().model_copy(update=folders)
        self.questions = {entry.question: entry.id for entry in loader.load(knowledge).entries}
        checks = [{"question": text, "expected": name} for text, name in self.questions.items()]
        (knowledge / "checks.jsonl").write_text("\n".join(map(json.dumps, checks[:CHECKS])), "utf-8")

    def start(self) -> ForkServerProcess:
        """A build; returns when it has taken its lock, or has ended."""
        process = _FORKING.Process(target=build_again, args=(self.settings,))
        process.start()
        while process.is_alive() and self._builder() != process.pid:
            time.sleep(0.005)
        return process

    def _builder(self) -> int:
        try:
            return int(json.loads((self.settings.index_dir / BUILD_LOCK).read_text("utf-8"))["pid"])
        except (OSError, ValueError):
            return 0

    def build(self) -> tuple[bool, float]:
        """Whether an undisturbed build succeeds, and its seconds from the lock on."""
        process = self.start()
        started = time.monotonic()
        process.join()
        return process.exitcode == 0, time.monotonic() - started

    def serves(self) -> bool:
        """Whether what is live loads from the disk and answers as it must."""
        answerer = Answerer(Operations(self.settings).live_index())
        entries = {text: answerer.answer(text).entry for text in list(self.questions)[:CHECKS]}
        return all(entry and entry.id == self.questions[text] for text, entry in entries.items())

    def kill_at(self, share: float, seconds: float) -> Kill:
        """Kill a build and look at what is left."""
        store = Operations(self.settings).store
        before = store.current_name()
        process = self.start()
        time.sleep(share * seconds)
        was_running = process.is_alive()
        process.kill()
        process.join()
        left = len(list(store.folder.glob(".building-*")))
        published, serves = store.current_name() != before, self.serves()
        return Kill(share, was_running, published, left, serves, self.build()[0])


def table(kills: list[Kill]) -> str:
    """A row for each tenth of a build."""
    head = "moment | kills | running | half built | published before | live one serves | next build"
    rows = [f"| {head} |", "|---" * 7 + "|"]
    for tenth in range(_TENTHS):
        some = [kill for kill in kills if int(kill.moment * _TENTHS) == tenth]
        rows.append(f"| {tenth * 10}–{tenth * 10 + 10} % | {_cells(some)} |")
    return "\n".join([*rows, f"| all | {_cells(kills)} |"])


def _cells(kills: list[Kill]) -> str:
    names = ("was_running", "left", "was_published", "serves", "next_succeeds")
    return " | ".join(str(n) for n in (len(kills), *(sum(getattr(k, name) for k in kills) for name in names)))


def main() -> None:
    """Print the table; the exit status is 1 if a version did not serve or a build failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    count = parser.parse_args().kills
    random = Random(0)
    _FORKING.set_forkserver_preload(["bot.operations", "bot.retrieval.building", "bot.retrieval.preparation"])
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        shop.build()
        succeeds, seconds = shop.build()
        kills = [shop.kill_at((n + random.random()) / count, seconds) for n in range(count)]
    print(f"an undisturbed build takes {seconds:.1f} s\n")
    print(table(kills))
    sys.exit(0 if succeeds and all(kill.serves and kill.next_succeeds for kill in kills) else 1)


if __name__ == "__main__":
    main()

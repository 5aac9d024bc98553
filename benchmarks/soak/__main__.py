"""Soaks and floods the bot, and writes ``docs/reliability.md``: what ``make soak`` runs.

    python -m benchmarks.soak [--minutes 30] [--flood 10] [--pages]

The figures lie in ``docs/reliability/results.json``; ``--pages`` only writes the pages anew. Of runs of less
than half an hour the page says that they are for a look. State is kept in ``.bench/soak``, and in its
``results.json`` what was measured so far: of a run that fails, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.fake_wechat import fake_wechat
from benchmarks.performance import machine
from benchmarks.performance.page import number
from benchmarks.performance.questions import ask, exact, held_out
from benchmarks.performance.servers import serving_bot
from benchmarks.server import PROJECT
from benchmarks.soak import page
from benchmarks.soak.editions import ADMIN_KEY, Editions
from benchmarks.soak.ledger import Ledger
from benchmarks.soak.phases import SHARE, Stage, capacity, flood, soak
from benchmarks.soak.targets import targets
from benchmarks.soak.traffic import Traffic
from benchmarks.wechat_pushes import APP_ID, TOKEN
from bot.knowledge import loader
from bot.settings import load_settings

DOCS = PROJECT / "docs"
RESULTS = DOCS / "reliability" / "results.json"
KEPT = PROJECT / ".bench" / "soak"
# Seconds that the capacity is measured for, long enough for what else the machine does to even out; after the
# flood it is asked as before for so long.
_CAPACITY, _AFTER, _REST = 60.0, 10.0, 3.0


def main() -> None:
    """Measure, write, and say what falls short."""
    given = _arguments()
    results = json.loads(RESULTS.read_text("utf-8")) if given.pages else _measured(given.minutes, given.flood)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    _save(results, RESULTS)
    page.write(results, DOCS)
    print(page.tables(results, "en"))
    for target in targets(results):
        print(f"{'met' if target.is_met else 'SHORT':6} {target.name}: {number(target.value)}")
    print("docs/reliability.md is written")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=page.FULL_MINUTES)
    parser.add_argument("--flood", type=float, default=10.0, help="seconds")
    parser.add_argument(
        "--pages", action="store_true", help="only write the pages from the figures there are"
    )
    return parser.parse_args()


def _measured(minutes: float, flood_seconds: float) -> dict[str, Any]:
    begun = time.monotonic()
    found: dict[str, Any] = {"machine": machine.described(), "minutes": minutes}

    def keep(name: str, figures: object) -> None:
        found.update({name: figures, "seconds": time.monotonic() - begun})
        _save(found, KEPT / RESULTS.name)

    with _stage() as stage:
        _open_many_files()
        keep("capacity", capacity(stage, _CAPACITY * min(1.0, minutes / 4)))
        _tell(f"capacity: {found['capacity']:.0f} requests a second")
        time.sleep(_REST)
        soak(stage, SHARE * found["capacity"], 60 * minutes, _tell, partial(keep, "soak"))
        keep("flood", flood(stage, found["capacity"], flood_seconds, _AFTER))
    return found


def _save(results: dict[str, Any], file: Path) -> None:
    file.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def _stage() -> Iterator[Stage]:
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    editions = Editions(KEPT)
    editions.copy()
    entries = loader.load(load_settings().knowledge_dir).entries
    questions = [question.text for question in held_out(entries)]
    traffic = Traffic([*questions, *exact(entries, len(questions))])
    with ExitStack() as stack:
        wechat = stack.enter_context(fake_wechat())
        settings = {
            "BOT_KNOWLEDGE_DIR": str(editions.knowledge),
            "BOT_INDEX_DIR": str(editions.index),
            "BOT_ADMIN_KEY": ADMIN_KEY,
            "BOT_WECHAT_MINI_APP_ID": APP_ID,
            "BOT_WECHAT_MINI_TOKEN": TOKEN,
            "BOT_WECHAT_MINI_APP_SECRET": "secret",
            "BOT_WECHAT_API_BASE": wechat,
        }
        server = stack.enter_context(serving_bot(KEPT, ask(questions[0]), **settings))
        yield Stage(server, wechat, traffic, Ledger(traffic, editions), editions)


def _open_many_files() -> None:
    """A flood's connections are files; the server, which has started, keeps the limits that it has."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()

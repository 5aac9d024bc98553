"""How long the desk's reports take over a large question log.

    python -m benchmarks.question_reports [--questions 1000000] [--days 90]      (all in milliseconds)

The log is made up: questions spread evenly over the days, one user for eight of them, 300 entries, a verdict
on one in twenty. Each report is made twice: days that are over are counted once and then remembered.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from benchmarks.question_log import postgres
from bot.admin.desk.periods import Period, period
from bot.reports_questions import Position, Sought, total
from bot.store.database import Database
from bot.store.question_figures import QuestionFigures
from bot.store.question_search import QuestionSearch
from bot.store.tables import feedback, questions

_AT_ONCE = 20_000
_DAY = 86_400.0
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_TEXTS = ("小程序备案要多久才能下来呢", "How long does filing take?", "支付怎么接入", "类目审核不过怎么办")
_OUTCOMES = ("answer",) * 7 + ("clarify", "abstain", "smalltalk")
_CHANNELS = ("ask", "chat", "official:default", "mini:default")
_LANGUAGES = ("zh-Hans",) * 7 + ("zh-Hant", "en", "en")


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        urls = {"SQLite": f"sqlite:///{folder}/bot.db"}
        if server := stack.enter_context(postgres(folder / "postgres")):
            urls["PostgreSQL"] = server
        times = {name: _times(url, arguments.questions, arguments.days) for name, url in urls.items()}
    _print(times)


def _times(url: str, count: int, days: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each report, at first and again."""
    now = time.time()
    with closing(Database(url)) as database:
        _fill(database, count, now - days * _DAY, now)
        return {name: (_timed(report), _timed(report)) for name, report in _reports(database, now)}


def _fill(database: Database, count: int, start: float, now: float) -> None:
    chance = random.Random(1)
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(count, first + _AT_ONCE))
        asked = [_question(chance, n, start + (now - start) * n / count, count // 8) for n in numbers]
        judged = [_verdict(chance, row) for row in asked if not chance.randrange(20)]
        with database.transaction() as connection:
            connection.execute(insert(questions), asked)
            if judged:
                connection.execute(insert(feedback), judged)


def _question(chance: random.Random, number: int, at: float, users: int) -> dict[str, Any]:
    outcome = chance.choice(_OUTCOMES)
    return {
        "asked_at": at,
        "channel": chance.choice(_CHANNELS),
        "user": f"{chance.randrange(users + 1):032x}",
        "language": chance.choice(_LANGUAGES),
        "question": f"{chance.choice(_TEXTS)} {number}",
        "outcome": outcome,
        "entry": f"entry-{chance.randrange(300)}" if outcome in ("answer", "smalltalk") else "",
        "confidence": chance.random(),
        "index_version": "20261122-120000",
        "latency_ms": chance.lognormvariate(2, 0.5),
        "request_id": f"{number:032x}",
    }


def _verdict(chance: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    verdict = chance.choice(("up", "up", "down"))
    return {"request_id": row["request_id"], "verdict": verdict, "comment": "", "given_at": row["asked_at"]}


def _reports(database: Database, now: float) -> Iterator[tuple[str, Callable[[], object]]]:
    figures, search = QuestionFigures(database, time.time), QuestionSearch(database)
    for name in ("today", "7", "30", "all"):
        chosen = period(name, now, _SHANGHAI, figures.first_asked())
        yield f"figures, {name}", lambda chosen=chosen: _counted(figures, chosen)
        span = None if name == "all" else chosen.span
        yield f"users, {name}", lambda span=span: figures.users(span)
        yield f"entries, {name}", lambda span=span: figures.entries(span)
    yield "one entry", lambda: figures.entries(entry="entry-7")
    for title, sought in (
        ("newest questions", Sought()),
        ("text that there is", Sought(text="FILING")),
        ("text that there is not", Sought(text="找不到")),
        ("not answered", Sought(outcome="abstain")),
        ("thumbs down", Sought(verdict="down")),
        ("one entry's questions", Sought(entry="entry-7", language="zh")),
        ("one user's questions", Sought(user=f"{7:032x}")),
    ):
        yield title, lambda sought=sought: search.newest(sought, 51)
    yield "a page far back", lambda: search.newest(Sought(), 51, Position(now - 80 * _DAY, 1 << 30))


def _counted(figures: QuestionFigures, chosen: Period) -> object:
    return total(map(figures.figures, [*(part.span for part in chosen.parts), *chosen.before]))


def _timed(report: Callable[[], object]) -> float:
    started = time.perf_counter()
    report()
    return 1000 * (time.perf_counter() - started)


def _print(times: dict[str, dict[str, tuple[float, float]]]) -> None:
    print("| report |" + "".join(f" {name}, first | again |" for name in times))
    print("|---|" + "---|---|" * len(times))
    for report in next(iter(times.values())):
        cells = (f" {time:,.0f} |" for taken in times.values() for time in taken[report])
        print(f"| {report} |{''.join(cells)}")


if __name__ == "__main__":
    main()

"""The server: one filter for each keyword of ``keywords.jsonl`` (lines with ``keyword`` and ``answer``)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from werobot import WeRoBot

FOLDER = Path(os.environ["BENCH_FOLDER"])
robot = WeRoBot(token=os.environ["BENCH_TOKEN"], enable_session=False)


def says(answer: str) -> Callable[[], str]:
    """A handler that says it."""
    return lambda: answer


for line in (FOLDER / "keywords.jsonl").open(encoding="utf-8"):
    row = json.loads(line)
    robot.add_filter(says(row["answer"]), [re.compile(f".*{re.escape(row['keyword'])}", re.IGNORECASE)])


@robot.handler
def nothing() -> str:
    """What is said when no keyword is met."""
    return "?"


app = robot.wsgi

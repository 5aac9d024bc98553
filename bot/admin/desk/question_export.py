"""Questions as a CSV file that a spreadsheet program opens as texts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from io import StringIO
from itertools import chain
from zoneinfo import ZoneInfo

from bot.knowledge.columns import guarded
from bot.ports import QuestionSearch
from bot.reports_questions import LoggedRow, Position, Sought

COLUMNS = (
    *("asked_at", "channel", "user", "language", "question", "outcome", "entry", "confidence"),
    *("index_version", "latency_ms", "request_id", "verdict", "comment"),
)
_AT_ONCE = 1000
# By which Excel knows UTF-8.
_MARK = "\ufeff"


def csv_lines(search: QuestionSearch, sought: Sought, timezone: ZoneInfo) -> Iterator[str]:
    """The file in pieces, newest question first; the first piece raises StoreError if there can be none.

    Each piece is a look into the database of its own: however long the file, nothing is held up.
    """
    rows = search.newest(sought, _AT_ONCE)
    yield _MARK + _line(COLUMNS)
    while rows:
        yield "".join(_line(_cells(row, timezone)) for row in rows)
        rows = search.newest(sought, _AT_ONCE, Position(rows[-1].asked_at, rows[-1].id))


def started(pieces: Iterator[str]) -> Iterator[str]:
    """The same pieces, the first of them made already: what fails now can still be said."""
    return chain([next(pieces)], pieces)


def _cells(row: LoggedRow, timezone: ZoneInfo) -> tuple[str, ...]:
    values = asdict(row) | {
        "asked_at": datetime.fromtimestamp(row.asked_at, timezone).isoformat(" ", "seconds"),
        "confidence": f"{row.confidence:.4f}",
        "latency_ms": "" if row.latency_ms is None else f"{row.latency_ms:.1f}",
    }
    return tuple(str(values[name]) for name in COLUMNS)


def _line(cells: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line).writerow([guarded(cell) for cell in cells])
    return line.getvalue()

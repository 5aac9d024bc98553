"""Entries -> a table in JSONL, CSV or XLSX that imports back to the same entries."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bot.domain import Entry
from bot.errors import TableError
from bot.knowledge.columns import COLUMNS, NAME_LISTS, QUESTION_LISTS, guarded, join_cell, unmistaken
from bot.knowledge.merging import Rejected
from bot.knowledge.workbook_writing import write_workbook

# Columns of a workbook, in characters.
_WIDTH = 14
_WIDTHS = {"id": 24, "question": 40, "phrasings": 40, "answer": 80, "not_this": 30, "language": 10}


def write_table(path: Path, entries: Sequence[Entry]) -> None:
    """Write the table that the file's name asks for, whole or not at all; raises TableError."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise TableError("%(path)s: name the file .jsonl, .csv or .xlsx", path=path)
    if not path.parent.is_dir():
        raise TableError("%(parent)s is no folder; make it first", parent=path.parent)
    with tempfile.TemporaryDirectory(prefix=".exporting-", dir=path.parent) as staging:
        staged = Path(staging, path.name)
        writer(staged, [record(entry) for entry in entries])
        staged.replace(path)


def write_rejected(path: Path, rejected: Iterable[Rejected]) -> None:
    """Write a CSV file of the rows that an import left out, and why."""
    shown = ("id", "question", "answer")
    rows = [
        [str(item.row.number), item.reason, *(str(item.row.cells.get(name, "")) for name in shown)]
        for item in rejected
    ]
    _write_csv(path, [["row", "reason", *shown], *rows])


def record(entry: Entry) -> dict[str, Any]:
    """The entry's fields by column."""
    fields = {name: getattr(entry, name) for name in COLUMNS}
    fields["grade"] = entry.grade.value
    for name in NAME_LISTS:
        fields[name] = list(fields[name])
    for name in QUESTION_LISTS:
        fields[name] = [phrasing.text for phrasing in fields[name]]
    return fields


def _jsonl(path: Path, records: Iterable[dict[str, Any]]) -> None:
    lines = [json.dumps(fields, ensure_ascii=False) + "\n" for fields in records]
    path.write_text("".join(lines), "utf-8", newline="\n")


def _csv(path: Path, records: Iterable[dict[str, Any]]) -> None:
    _write_csv(path, _cells(records))


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    # With the mark by which Excel knows UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        csv.writer(file).writerows([guarded(cell) for cell in row] for row in rows)


def _xlsx(path: Path, records: Iterable[dict[str, Any]]) -> None:
    # Its cells are marked as texts: an apostrophe in front is not needed, and would be seen.
    rows = [[unmistaken(cell) for cell in row] for row in _cells(records)]
    write_workbook(path, rows, [_WIDTHS.get(name, _WIDTH) for name in COLUMNS])


def _cells(records: Iterable[dict[str, Any]]) -> list[list[str]]:
    return [list(COLUMNS), *([_cell(value) for value in fields.values()] for fields in records)]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return join_cell(value) if isinstance(value, list) else str(value)


_WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".xlsx": _xlsx,
}

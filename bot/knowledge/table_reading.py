"""JSONL, CSV and XLSX files -> rows of cells by field, whatever the columns are called."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from bot.errors import TableError
from bot.knowledge.columns import field_of, fields_of, require_question, unguarded
from bot.knowledge.memory_limit import limited_memory
from bot.knowledge.raw_row import RawRow
from bot.knowledge.text_decoding import decode
from bot.knowledge.workbook import Cells, workbook_rows
from bot.sentences import Sentence

MAX_ROWS = 50_000
MAX_BYTES = 50_000_000
# A small workbook may unpack to what fills many times as much memory.
MAX_MEMORY = 2 * 2**30
_DELIMITERS = ",;\t"
# A table may have a title or remarks above its header.
_HEADER_WITHIN = 10


@dataclass(frozen=True)
class Table:
    """All rows of a file, and what its reader should know about how it was read."""

    rows: tuple[RawRow, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Reading:
    """What is noticed while a file is read."""

    path: Path
    sheet: str | None
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, *, sheet: str | None = None, max_rows: int = MAX_ROWS) -> Table:
    """Every row of a table that is not empty; raises TableError naming what is wrong and the remedy."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError(
            "%(path)s: %(why)s", path=path, why=Sentence(_REFUSED.get(path.suffix.lower(), _KINDS))
        )
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise TableError(
            "%(path)s has %(size)s bytes, %(most)s are allowed; split it into several files",
            path=path,
            size=f"{size:,}",
            most=f"{MAX_BYTES:,}",
        )
    reading = _Reading(path, sheet)
    try:
        with limited_memory(MAX_MEMORY):
            rows = tuple(islice(reader(reading), max_rows + 1))
    except TableError as error:
        raise TableError("%(path)s: %(error)s", path=path, error=error) from error
    except MemoryError as error:
        raise TableError(
            "%(path)s needs too much memory; remove other sheets, or split it", path=path
        ) from error
    if len(rows) > max_rows:
        raise TableError(
            "%(path)s has more than %(most)s rows; allow more with --max-rows, or split it",
            path=path,
            most=f"{max_rows:,}",
        )
    if not rows:
        raise TableError("%(path)s holds no rows; write a question and its answer into it", path=path)
    return Table(rows, tuple(reading.notes))


def _jsonl(reading: _Reading) -> Iterator[RawRow]:
    unknown: dict[str, None] = {}
    for number, line in enumerate(_text(reading).split("\n"), 1):
        if line.strip():
            yield _json_row(number, line, unknown)
    _note_unknown(reading, unknown)


def _json_row(number: int, line: str, unknown: dict[str, None]) -> RawRow:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return RawRow(number, {}, Sentence("not JSON (%(error)s)", error=error))
    if not isinstance(fields, dict):
        return RawRow(number, {}, Sentence('not an object; write {"question": …, "answer": …}'))
    known = [(field_of(name), value) for name, value in fields.items()]
    unknown.update((name, None) for name in fields if field_of(name) is None)
    return RawRow(number, {name: value for name, value in known if name and value is not None})


def _csv(reading: _Reading) -> Iterator[RawRow]:
    text = _text(reading)
    delimiter, skipped = _delimiter(text)
    csv.field_size_limit(MAX_BYTES)
    # Strict: else one quotation mark that is never closed swallows the rest of the file.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from _table_rows(reading, ((tuple(cells), "") for cells in lines), skipped)
    except csv.Error as error:
        raise TableError(
            "line %(line_num)s: %(error)s; check the quotation marks there, or save it again as CSV",
            line_num=lines.line_num,
            error=error,
        ) from error


def _delimiter(text: str) -> tuple[str, int]:
    """The character between cells, by which the header makes most sense, and how many rows precede it."""
    first = text[: text.find("\n") + 1] or text
    if first.lower().startswith("sep=") and len(first.strip("\r\n")) == len("sep=,"):
        return first[len("sep=")], 1
    lines = text.split("\n", _HEADER_WITHIN)[:_HEADER_WITHIN]
    known = {mark: max(_known_columns(line, mark) for line in lines) for mark in _DELIMITERS}
    return max(known, key=lambda mark: known[mark]), 0


def _known_columns(line: str, delimiter: str) -> int:
    return sum(field_of(cell.strip('"')) is not None for cell in line.strip().split(delimiter))


def _workbook(reading: _Reading) -> Iterator[RawRow]:
    yield from _table_rows(reading, workbook_rows(reading.path, reading.sheet, reading.notes), 0)


def _table_rows(reading: _Reading, lines: Iterator[Cells], skipped: int) -> Iterator[RawRow]:
    numbered = islice(enumerate(lines, 1), skipped, None)
    filled = (
        (n, cells, problem) for n, (cells, problem) in numbered if problem or any(map(str.strip, cells))
    )
    top = list(islice(filled, _HEADER_WITHIN))
    if not top:
        return
    headers = [_header(cells) for _, cells, _ in top]
    at = next((i for i, header in enumerate(headers) if "question" in map(field_of, header)), 0)
    fields = fields_of(headers[at])
    require_question(headers[at], fields)
    named = zip(headers[at], fields, strict=True)
    _note_unknown(reading, [name for name, known in named if name and known is None])
    for number, cells, problem in chain(top[at + 1 :], filled):
        yield RawRow(number, _by_field(fields, cells), problem)


def _header(cells: Sequence[str]) -> list[str]:
    return [" ".join(unguarded(cell).split()) for cell in cells]


def _by_field(fields: Sequence[str | None], cells: Sequence[str]) -> dict[str, object]:
    """Short rows lack their last cells; several columns of one field become a list of cells."""
    row: dict[str, object] = {}
    padded = (*cells, *[""] * (len(fields) - len(cells)))
    for name, cell in zip(fields, map(unguarded, padded), strict=False):
        if name is not None:
            row[name] = cell if name not in row else f"{row[name]}\n{cell}"
    return row


def _text(reading: _Reading) -> str:
    text, encoding = decode(reading.path.read_bytes())
    if encoding != "utf-8":
        reading.notes.append(f"read as {encoding}; if characters look wrong, save the file as UTF-8")
    return text


def _note_unknown(reading: _Reading, names: Iterable[str]) -> None:
    if listed := ", ".join(f'"{name}"' for name in names):
        reading.notes.append(f"columns that mean nothing here were left out: {listed}")


_READERS: dict[str, Callable[[_Reading], Iterator[RawRow]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".xlsx": _workbook,
    ".xlsm": _workbook,
}
_KINDS = "cannot tell what kind of table this is; name it .jsonl, .csv or .xlsx"
_REFUSED = {
    ".xls": "the old Excel format is not read; open it and save it as .xlsx or .csv",
    ".et": "the format of WPS is not read; open it and save it as .xlsx",
    ".json": "write one JSON object a line and name the file .jsonl",
    ".ods": "OpenDocument is not read; open it and save it as .xlsx or .csv",
    ".md": "Markdown needs no import; put the file into the knowledge folder, under zh/ or en/",
}

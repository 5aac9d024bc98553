"""XLSX workbooks -> rows of texts, and back; guarded against what a workbook may hide."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from bot.errors import TableError

# The texts of a row, and why it cannot be used; empty if it can.
Cells = tuple[tuple[str, ...], str]
MAX_UNPACKED_BYTES = 300_000_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
_OLD_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN = (
    *(zipfile.BadZipFile, InvalidFileException, zlib.error, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, NotImplementedError),
)


def workbook_rows(path: Path, sheet: str | None, notes: list[str]) -> Iterator[Cells]:
    """Rows of one sheet, the first visible one unless named; raises TableError with the remedy."""
    _check_package(path)
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as values:
            name = _sheet_name(values, sheet, notes)
            with closing(load_workbook(path, read_only=True) if _has_formulas(path) else values) as formulas:
                yield from _rows(values[name], formulas[name])
    except _BROKEN as error:
        raise TableError(
            f"the workbook cannot be read ({error}); open it in a spreadsheet program and save it again"
        ) from error


def _check_package(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(len(_OLD_OR_ENCRYPTED))
    if head == _OLD_OR_ENCRYPTED:
        raise TableError(
            "is protected by a password or in the old Excel format; save it as .xlsx without a password"
        )
    if not zipfile.is_zipfile(path):
        raise TableError("is not an XLSX workbook; save it as .xlsx, or name it .csv if it is one")
    with zipfile.ZipFile(path) as package:
        unpacked = sum(part.file_size for part in package.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise TableError(
            f"unpacks to {unpacked:,} bytes, {MAX_UNPACKED_BYTES:,} are allowed; "
            "remove pictures and other sheets, or save the sheet as .csv"
        )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return any(mark in package.read(name) for name in sheets for mark in (b"<f>", b"<f "))


def _sheet_name(workbook: Workbook, sheet: str | None, notes: list[str]) -> str:
    names = [str(one.title) for one in workbook.worksheets]
    listed = ", ".join(f'"{name}"' for name in names)
    if sheet is not None:
        if sheet not in names:
            raise TableError(f'has no sheet "{sheet}"; it has: {listed}')
        return sheet
    visible = [str(one.title) for one in workbook.worksheets if one.sheet_state == "visible"]
    if not names:
        raise TableError("has no sheet with cells")
    if len(names) > 1:
        notes.append(f'of the sheets {listed} only "{(visible or names)[0]}" was read; choose with --sheet')
    return (visible or names)[0]


def _rows(values: Any, formulas: Any) -> Iterator[Cells]:  # noqa: ANN401 - openpyxl's read-only sheets
    for sheet in {id(values): values, id(formulas): formulas}.values():
        # What a file says about its own size may be wrong, or meant to exhaust us.
        sheet.reset_dimensions()
    rows = values.iter_rows(max_col=MAX_COLUMNS)
    twins = rows if formulas is values else formulas.iter_rows(max_col=MAX_COLUMNS)
    for cells in rows:
        behind = cells if formulas is values else next(twins)
        yield tuple(_text(cell) for cell in cells), _problem(cells, behind)


def _problem(cells: Sequence[Any], formulas: Sequence[Any]) -> str:
    for cell, behind in zip(cells, formulas, strict=False):
        if cell.value is None and behind.value is not None:
            return f"cell {behind.coordinate} is a formula without a stored value; open and save the workbook"
        if cell.data_type == "e":
            return f"cell {cell.coordinate} shows {cell.value}; mend its formula"
    return ""


def _text(cell: Any) -> str:  # noqa: ANN401 - openpyxl's cells
    value = cell.value
    if isinstance(value, datetime | date):
        # A month that a spreadsheet program took for its first day.
        return value.strftime("%Y-%m-%d" if "d" in cell.number_format.lower() else "%Y-%m")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write one sheet of texts; raises TableError when one is too long for a cell."""
    for text in (text for row in rows for text in row):
        _require_fits(text)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("knowledge")
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    workbook.save(path)


def _require_fits(text: str) -> None:
    if len(text) > MAX_CELL:
        raise TableError(
            f'"{text[:40]}…" has {len(text):,} characters, a cell of a workbook holds {MAX_CELL:,}; '
            "export to .csv or .jsonl"
        )


def _cell(sheet: Any, text: str) -> Any:  # noqa: ANN401 - openpyxl's write-only cells
    cell = WriteOnlyCell(sheet, value=text)
    # A text, whatever it looks like: openpyxl would make an error of "#N/A".
    cell.data_type = "s"
    cell.number_format = "@"
    return cell

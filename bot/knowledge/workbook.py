"""XLSX workbooks -> rows of texts; guarded against what a workbook may hide."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from bot.errors import TableError
from bot.knowledge.merged_cells import MergedCells, merged_ranges
from bot.knowledge.workbook_cells import is_formula, problem_of, text_of

# The texts of a row, and why it cannot be used; empty if it can.
Cells = tuple[tuple[str, ...], str]
MAX_UNPACKED_BYTES = 300_000_000
MAX_COLUMNS = 100
# More than spreadsheet programs have.
MAX_SHEET_ROWS = 1_048_576
_FORMULA_TAG = re.compile(rb"<(?:\w+:)?f[ />]")
_OLD_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN = (
    *(zipfile.BadZipFile, InvalidFileException, zlib.error, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, ArithmeticError),
    # A part that needs a password, is missing, or is packed in a way of its own.
    *(RuntimeError, OSError, lzma.LZMAError),
)


def workbook_rows(path: Path, sheet: str | None, notes: list[str]) -> Iterator[Cells]:
    """Rows of one sheet, the first visible one unless named; raises TableError with the remedy.

    Nothing is calculated: a formula counts for the value that is stored with it. What a merged cell says
    holds for each of its rows.
    """
    try:
        _check_package(path)
        with closing(_opened(path, values=True)) as values:
            name = _sheet_name(values, sheet, notes)
            with closing(_opened(path, values=False) if _has_formulas(path) else values) as formulas:
                yield from _rows(values[name], formulas[name], notes)
    except _BROKEN as error:
        raise TableError(
            "the workbook cannot be read (%(error)s); open it in a spreadsheet program and save it again",
            error=error,
        ) from error


class _Reader(ExcelReader):
    """Gives texts with their escapes; openpyxl would leave out half of an escaped "_x000D_"."""

    def read_strings(self) -> None:
        package: Any = self.package
        if part := package.find(SHARED_STRINGS):
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = list(_shared_texts(source))


def _shared_texts(source: Any) -> Iterator[str]:  # noqa: ANN401 - a part of the package
    for _, node in iterparse(source):
        if node.tag == f"{{{SHEET_MAIN_NS}}}si":
            text: Any = Text.from_tree(node)
            yield str(text.content)
            node.clear()


def _opened(path: Path, *, values: bool) -> Workbook:
    reader = _Reader(path, read_only=True, data_only=values, keep_links=False)
    reader.read()
    book: Workbook = reader.wb
    return book


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
            "unpacks to %(unpacked)s bytes, %(most)s are allowed; "
            "remove pictures and other sheets, or save the sheet as .csv",
            unpacked=f"{unpacked:,}",
            most=f"{MAX_UNPACKED_BYTES:,}",
        )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return any(_FORMULA_TAG.search(package.read(name)) for name in sheets)


def _sheet_name(workbook: Workbook, sheet: str | None, notes: list[str]) -> str:
    names = [str(one.title) for one in workbook.worksheets]
    visible = [str(one.title) for one in workbook.worksheets if one.sheet_state == "visible"]
    listed = ", ".join(f'"{name}"{"" if name in visible else " (hidden)"}' for name in names)
    if sheet is not None:
        if sheet not in names:
            raise TableError('has no sheet "%(sheet)s"; it has: %(listed)s', sheet=sheet, listed=listed)
        return sheet
    if not names:
        raise TableError("has no sheet with cells")
    if len(visible) > 1 or (len(names) > 1 and not visible):
        notes.append(f'of the sheets {listed} only "{(visible or names)[0]}" was read; choose with --sheet')
    return (visible or names)[0]


def _rows(values: Any, formulas: Any, notes: list[str]) -> Iterator[Cells]:  # noqa: ANN401 - openpyxl's
    for sheet in {id(values): values, id(formulas): formulas}.values():
        # What a file says about its own size may be wrong, or meant to exhaust us.
        sheet.reset_dimensions()
    rows = values.iter_rows(max_col=MAX_COLUMNS)
    twins = rows if formulas is values else formulas.iter_rows(max_col=MAX_COLUMNS)
    # Merged cells are not among what a read-only sheet offers.
    merged, counted = MergedCells(merged_ranges(values._get_source(), MAX_COLUMNS)), 0
    for number, cells in enumerate(rows, 1):
        if number > MAX_SHEET_ROWS:
            raise TableError(
                "has rows beyond the %(most)s that a sheet can have; save it again",
                most=f"{MAX_SHEET_ROWS:,}",
            )
        behind = cells if formulas is values else next(twins)
        if all(cell is EMPTY_CELL for cell in cells):  # of these there may be a million before the last row
            yield merged.filled(number, []), ""
            continue
        counted += sum(map(is_formula, behind))
        yield merged.filled(number, [text_of(cell) for cell in cells]), _problem(cells, behind)
    if counted:
        notes.append(f"{counted} cells are formulas: what they showed when the file was saved was read")


def _problem(cells: Sequence[Any], formulas: Sequence[Any]) -> str:
    problems = (problem_of(cell, formula) for cell, formula in zip(cells, formulas, strict=False))
    return next(filter(None, problems), "")

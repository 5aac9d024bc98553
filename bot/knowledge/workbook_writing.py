"""Rows of texts -> an XLSX workbook in which no text is taken for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.errors import TableError
from bot.knowledge.columns import looks_like_formula
from bot.knowledge.workbook_cells import escaped

MAX_CELL = 32_767
_TOP = Alignment(vertical="top", wrap_text=True)
_BOLD = Font(bold=True)


def write_workbook(path: Path, rows: Sequence[Sequence[str]], widths: Iterable[int]) -> None:
    """Write one sheet of texts, its columns as wide as so many characters.

    Raises TableError when a text is too long for a cell.
    """
    for text in (text for row in rows for text in row):
        _require_fits(text)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("knowledge")
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for number, row in enumerate(rows):
        sheet.append([_cell(sheet, text, is_header=number == 0) for text in row])
    workbook.save(path)


def _require_fits(text: str) -> None:
    if len(text) > MAX_CELL:
        raise TableError(
            '"%(text)s…" has %(length)s characters, a cell of a workbook holds %(most)s; '
            "export to .csv or .jsonl",
            text=text[:40],
            length=f"{len(text):,}",
            most=f"{MAX_CELL:,}",
        )


def _cell(sheet: Any, text: str, *, is_header: bool) -> Any:  # noqa: ANN401 - openpyxl's write-only cells
    cell = WriteOnlyCell(sheet, value=escaped(text))
    # A text, whatever it looks like: openpyxl would make an error of "#N/A".
    cell.data_type = "s"
    cell.number_format = "@"
    # It stays one when its cell is opened and left again.
    cell.quotePrefix = looks_like_formula(text)
    cell.alignment = _TOP
    if is_header:
        cell.font = _BOLD
    return cell

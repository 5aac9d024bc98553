"""Cells of a workbook -> what their reader sees, as text; and why a cell cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

# What spreadsheet programs write for a character that XML cannot hold: a carriage return is _x000D_.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_PERCENT = re.compile(r"0?(?:\.(0+))?%")
_ZEROS = re.compile("0{2,}")
# WPS keeps a picture as a formula whose stored value looks like the formula.
_PICTURE = re.compile(r"=?(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)
_PRECISE_DIGITS = 15


def text_of(cell: Any) -> str:  # noqa: ANN401 - openpyxl's cells
    """The cell's value as a text, "" for an empty one."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if "_x" in value else value
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value, _NOT_FORMAT.sub("", cell.number_format or "").lower())
    return str(value)


def is_formula(cell: Any) -> bool:  # noqa: ANN401 - openpyxl's cells
    """Whether a cell, read for formulas, holds one."""
    return bool(cell.data_type == "f")


def problem_of(cell: Any, formula: Any) -> str:  # noqa: ANN401 - openpyxl's cells
    """Why a cell, read for its value and for its formula, cannot be used; empty if it can."""
    if cell.value is None and is_formula(formula) and cell.data_type != "s":
        return f"cell {formula.coordinate} is a formula without a stored value; open and save the workbook"
    if cell.data_type == "e":
        return f"cell {cell.coordinate} shows {cell.value}; mend its formula"
    if isinstance(cell.value, str) and _PICTURE.match(cell.value):
        return f"cell {cell.coordinate} holds a picture, which cannot be shown; write text"
    return ""


def escaped(text: str) -> str:
    """The text so that no spreadsheet program takes a part of it for an escaped character."""
    return _ESCAPED.sub(lambda match: "_x005F" + match[0], text)


def _truth(value: bool, _format: str) -> str:
    return str(value).upper()


def _day(value: date, number_format: str) -> str:
    # A month that a spreadsheet program took for its first day.
    day = value.strftime("%Y-%m-%d" if "d" in number_format else "%Y-%m")
    moment = value.time() if isinstance(value, datetime) else time()
    return f"{day} {_time(moment, '')}" if moment != time() else day


def _time(value: time, _format: str) -> str:
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


def _whole(value: int, number_format: str) -> str:
    if _PERCENT.fullmatch(number_format):
        return _number(float(value), number_format)
    return str(value).zfill(len(number_format)) if _ZEROS.fullmatch(number_format) else str(value)


def _number(value: float, number_format: str) -> str:
    if percent := _PERCENT.fullmatch(number_format):
        return f"{value:.{len(percent[1] or '')}%}"
    if value.is_integer():
        return _whole(int(value), number_format)
    # A spreadsheet program holds no more digits than this, and shows 0.3 for 0.1 + 0.2.
    return f"{value:.{_PRECISE_DIGITS}g}"


# Subclasses first: a bool is an int, a datetime is a date.
_WRITERS: Mapping[type, Callable[[Any, str], str]] = {
    bool: _truth,
    int: _whole,
    float: _number,
    date: _day,
    time: _time,
}

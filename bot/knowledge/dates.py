"""Dates as spreadsheet programs show them -> 2026, 2026-11 or 2026-11-22."""

from __future__ import annotations

import re
from datetime import date

_WRITTEN = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?: 0?0:00(?::00)?)?")
_YEAR = re.compile(r"(\d{4})年")
_NAMED = re.compile(r"([A-Z][a-z]{2})-(\d{2})")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def is_date(text: str) -> bool:
    """Whether it is 2026, 2026-11 or 2026-11-22, and in the calendar."""
    if not _WRITTEN.fullmatch(text):
        return False
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def plain_date(text: str) -> str:
    """The date in a knowledge file's form; what is none that can be told for sure stays as it is."""
    if match := _DAY.fullmatch(text):
        return "-".join(part.zfill(2) for part in match.groups() if part)
    if match := _YEAR.fullmatch(text):
        return match[1]
    match = _NAMED.fullmatch(text)
    # So an English Excel shows 2026-11.
    is_month = match is not None and match[1] in _MONTHS
    return f"20{match[2]}-{_MONTHS.index(match[1]) + 1:02}" if match and is_month else text

"""A row of fields as somebody wrote it, in a table or in a form, before anything in it is checked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawRow:
    """One row: its number as a spreadsheet program counts, its cells by field, or why it cannot be read.

    A field of several columns holds a list; a field that the table does not have is absent.
    """

    number: int
    cells: dict[str, object]
    problem: str = ""

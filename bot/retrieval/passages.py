"""What of an answer is embedded: its paragraphs, and of a table one text a column.

A table as written says several things at once and is near to nothing; a column says one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain import Entry

_RULE = re.compile(r"[\s|:-]+")


def embedded_passages(entry: Entry) -> Iterator[str]:
    """The texts by which an answer is found, in the order of its paragraphs."""
    for passage in entry.passages:
        lines = passage.split("\n")
        if all(line.startswith("|") for line in lines):
            yield from _columns([line for line in lines if not _RULE.fullmatch(line)])
        else:
            yield passage


def _columns(lines: list[str]) -> Iterator[str]:
    """Each column under its heading, every cell after the first one of its row."""
    head, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    for number, name in enumerate(head[1:], 1):
        cells = [f"{row[0]}: {row[number]}" for row in rows if len(row) > number and row[number]]
        yield "\n".join([name, *cells])

"""Tables in CSV and JSONL: rows or a TableError, and entries that a knowledge file can hold."""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

from bot.answering.normalising import detect_language
from bot.answering.script import to_simplified
from bot.errors import TableError
from bot.knowledge.markdown import parse_text
from bot.knowledge.markdown_writing import render
from bot.knowledge.merging import merge, placeless
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import read_table
from bot.logs import visible

LONGEST = 1024
WORDS = [
    *(
        b"question",
        b"answer",
        b"phrasings",
        b"language",
        b"as_of",
        b"is_volatile",
        b"grade",
        b"sources",
        b"id",
    ),
    *(
        b'{"question":"a","answer":"b"}\n',
        b'"question":',
        b'"answer":',
        b'"phrasings":[',
        b"1e999",
        b"NaN",
        b"true",
    ),
    *(
        b"\\ud800",
        b"\\u0000",
        b"sep=;\n",
        b'""',
        b'"',
        b"\r\n",
        b"=1+1",
        b"'=",
        b"|",
        b";",
        b"\t",
        b"2026-11-22",
        b"zh-Hant",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        "问题,答案\n".encode("gb18030"),
        "問題".encode("big5"),
        b"[[[[",
        b"{#",
        b"99999999999999999999",
    ),
]
SEEDS = [
    b"\x00question,answer,phrasings,topic\nWhy?,So.,how come|what for,shop\nWhen?,=1+1,,\n",
    b'\x00sep=;\nid;question;answer\na;Why?;"So\nmuch"\n',
    b"\x01question\tanswer\nWhy?\tSo.\n",
    b"\x02" + '{"question": "多久？", "answer": "三天", "phrasings": ["几天"], "as_of": 2026}\n'.encode() * 2,
    b'\x02{"question": "Why?", "answer": 12.0, "is_volatile": true, "related": ["a"], "language": "en"}\n',
    b"\x00" + "问题,答案\n多久？,三天\n".encode("gb18030"),
    b"\x00" + "question,answer\nWhy?,So.\n".encode("utf-16"),
]
LANGUAGES = Languages(detect_language, to_simplified)
_KINDS = ("csv", "tsv", "jsonl")
_FOLDER = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
atexit.register(_FOLDER.cleanup)
FOLDER = Path(_FOLDER.name)


def case(data: bytes) -> None:
    """The first byte says which kind of file the rest is."""
    path = FOLDER / f"faq.{_KINDS[data[0] % len(_KINDS) if data else 0]}"
    path.write_bytes(data[1:])
    imported(path)


def imported(path: Path) -> None:
    """Read, merged and written as the command does it."""
    try:
        table = read_table(path, max_rows=200)
    except TableError as error:
        assert visible(str(error)).encode()
        return
    assert visible("".join(table.notes)).encode() is not None
    merged = merge(table.rows, {}, LANGUAGES)
    assert "".join((*merged.duplicates, *(item.reason for item in merged.rejected))).encode() is not None
    for entry in merged.added[:2]:
        found, problems = parse_text(render(entry), entry.language, name=Path("a.md"))
        assert not problems and list(map(placeless, found)) == [placeless(entry)], render(entry)

"""Workbooks that are small and cost much, and tables that would talk to the operator's terminal."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile

import pytest

from bot.errors import TableError
from bot.knowledge import table_reading, workbook
from bot.knowledge.table_reading import read_table
from tests.conftest import KNOWLEDGE
from tests.knowledge.test_spreadsheets import MAIN, PARTS

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
HEADER = '<row r="1"><c r="A1" t="str"><v>question</v></c><c r="B1" t="str"><v>answer</v></c></row>'


@pytest.fixture
def packed(tmp_path):
    """A workbook whose sheet, or another part, is given."""

    def pack(rows="", **parts):
        sheet = f"<worksheet {MAIN}><sheetData>{HEADER}{rows}</sheetData></worksheet>"
        contents = PARTS | {SHEET: sheet, STRINGS: f"<sst {MAIN}/>"} | parts
        path = tmp_path / "faq.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in contents.items():
                package.writestr(name, content)
        return path

    return pack


def row(number):
    cells = (
        f'<c r="{letter}{number}" t="str"><v>{text}</v></c>' for letter, text in (("A", "Why?"), ("B", "So."))
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def test_the_last_row_of_a_sheet_is_reached_over_many_empty_ones(packed):
    (last,) = read_table(packed(row(50_000))).rows

    assert (last.number, last.cells["question"]) == (50_000, "Why?")


def test_a_row_that_no_sheet_has_is_refused(packed, monkeypatch):
    assert workbook.MAX_SHEET_ROWS == 1_048_576
    monkeypatch.setattr(workbook, "MAX_SHEET_ROWS", 20_000)

    with pytest.raises(TableError, match="rows beyond the 20,000 that a sheet can have"):
        read_table(packed(row(99_999_999_999)))


# In a process of its own, as the command is: one that has given memory back may take that again.
READ_WITH_LITTLE = """
import sys
from pathlib import Path
from bot.knowledge import table_reading, workbook
table_reading.MAX_MEMORY = 30 * 2**20
table_reading.read_table(Path(sys.argv[1]))
"""


def test_what_would_fill_the_memory_is_refused(packed):
    path = packed(f'<row r="2">{"<c/>" * 300_000}</row>')
    done = subprocess.run([sys.executable, "-c", READ_WITH_LITTLE, path], capture_output=True, text=True)

    assert "TableError" in done.stderr
    assert "faq.xlsx needs too much memory; remove other sheets, or split it" in done.stderr


def test_afterwards_there_is_as_much_memory_as_before(packed, monkeypatch):
    monkeypatch.setattr(table_reading, "MAX_MEMORY", 10 * 2**20)
    read_table(packed(row(2)))

    assert len(bytearray(50 * 2**20)) == 50 * 2**20


def locked(path):
    """The same package with its parts marked as in need of a password."""
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            struct.pack_into("<H", content, at + offset, 1)
            at = content.find(mark, at + 1)
    path.write_bytes(content)
    return path


def test_a_package_with_a_password_is_named_with_the_remedy(packed):
    with pytest.raises(TableError, match=r"encrypted.*; open it in a spreadsheet program and save it again"):
        read_table(locked(packed(row(2))))


@pytest.mark.parametrize(
    "parts",
    [
        {"[Content_Types].xml": "<Types/>"},
        {"xl/workbook.xml": f"<workbook {MAIN}/>"},
        {SHEET: f'<worksheet {MAIN}><sheetData><row r="1e999"/></sheetData></worksheet>'},
        {SHEET: f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><worksheet {MAIN}>&b;</worksheet>'},
    ],
)
def test_a_package_that_lacks_its_parts_is_named_with_the_remedy(packed, parts):
    with pytest.raises(TableError, match=r"faq\.xlsx: "):
        read_table(packed(**parts))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faq.csv", "question,answer,\x1b[2J\x9b31m\nWhy?,So.,x\n"),
        ("faq.csv", "answer,\x1b]0;owned\x07\nSo.,x\n"),
        ("faq.jsonl", '{"question": "Why?", "answer": "So.", "\\u001b[2J": 1, "\\ud800": 2}\n'),
        ("faq.jsonl", '{"question": "\\u009b2JWhy?", "answer": "So.", "language": "\\u001b[2J"}\n'),
        ("faq.csv", "question,answer,topic\nWhy\x9b2J?,So.,\x85x\n"),
    ],
)
def test_no_table_commands_the_terminal(fresh_cli, tmp_path, name, content):
    (tmp_path / name).write_text(content, "utf-8")
    shown = fresh_cli("knowledge", "import", tmp_path / name, "--to", tmp_path / "new", "--dry-run").output

    assert shown.strip()
    assert [character for character in shown if not (character.isprintable() or character == "\n")] == []


def test_no_knowledge_file_commands_the_terminal(fresh_cli, tmp_path):
    (tmp_path / "knowledge/en").mkdir(parents=True)
    text = (KNOWLEDGE / "en" / "shop.md").read_text("utf-8")
    (tmp_path / "knowledge/en/a.md").write_text(text + "\n## \x1b[2J Why? \x9b\n", "utf-8")
    shown = fresh_cli("knowledge", "lint", knowledge_dir=tmp_path / "knowledge").output

    assert "has no id" in shown
    assert [character for character in shown if not (character.isprintable() or character == "\n")] == []

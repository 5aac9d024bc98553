"""What Excel and WPS make of a table on its way through an operator's hands."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.answering.normalising import detect_language
from bot.answering.script import to_simplified
from bot.errors import TableError
from bot.knowledge.dates import plain_date
from bot.knowledge.differences import changes, lost_characters
from bot.knowledge.exporting import write_table
from bot.knowledge.importing import import_table
from bot.knowledge.loader import load
from bot.knowledge.merging import merge, placeless
from bot.knowledge.raw_row import RawRow
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import read_table
from tests.conftest import KNOWLEDGE
from tests.fakes import make_entry
from tests.knowledge.strategies import ENTRIES

LANGUAGES = Languages(detect_language, to_simplified)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}sharedStrings+xml"/></Types>',
    "xl/workbook.xml": f"<workbook {MAIN} xmlns:r="
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": "<Relationships "
    'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


@pytest.fixture
def saved_by_excel(tmp_path):
    """A workbook as Excel stores it: texts in a part of their own, escaped; cells given as XML."""

    def save(*rows):
        texts, lines = [], []
        for number, row in enumerate(rows, 1):
            cells = ""
            for letter, cell in zip("ABCDEF", row, strict=False):
                if not cell.startswith("<"):
                    texts.append(cell)
                    cell = f'<c r="{letter}{number}" t="s"><v>{len(texts) - 1}</v></c>'
                cells += cell
            lines.append(f'<row r="{number}">{cells}</row>')
        items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts)
        rows = f"<sheetData>{''.join(lines)}</sheetData>"
        parts = PARTS | {
            "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}>{rows}</worksheet>",
            "xl/sharedStrings.xml": f"<sst {MAIN}>{items}</sst>",
        }
        with zipfile.ZipFile(tmp_path / "faq.xlsx", "w") as package:
            for name, part in parts.items():
                package.writestr(name, part)
        return tmp_path / "faq.xlsx"

    return save


@pytest.fixture
def sheet():
    """The sheet of a new workbook, with a header."""
    sheet = Workbook().active
    sheet.append(["id", "question", "answer", "phrasings", "topic", "as_of"])
    return sheet


def saved(sheet, tmp_path):
    sheet.parent.save(tmp_path / "faq.xlsx")
    return tmp_path / "faq.xlsx"


def read(path):
    """Entries, and why rows were left out."""
    merged = merge(read_table(path).rows, {}, LANGUAGES)
    return list(merged.added), [item.reason for item in merged.rejected]


# What Excel stores


def test_escaped_characters_are_read_as_what_they_mean(saved_by_excel):
    path = saved_by_excel(
        ["question", "answer"], ["Why?", "One_x000D_\ntwo_x0009_x"], ["What is this?", "_x005F_x000D_ it is"]
    )
    (first, second), _ = read(path)

    assert first.answer == "One\ntwo\tx"
    assert second.answer == "_x000D_ it is"


def test_a_text_that_looks_escaped_survives_a_spreadsheet_program(tmp_path):
    entry = make_entry("a", "问？", answer="_x000D_ 和 _x005F_")
    write_table(tmp_path / "a.xlsx", [entry])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        stored = package.read("xl/worksheets/sheet1.xml").decode()

    assert "_x005F_x000D_ 和 _x005F_x005F_" in stored
    assert read(tmp_path / "a.xlsx")[0][0].answer == entry.answer


def test_a_formula_counts_for_what_it_showed_and_that_is_said(saved_by_excel):
    path = saved_by_excel(
        ["question", "answer"],
        ["How much?", '<c r="B2" t="str"><f>"It is "&amp;1+2</f><v>It is 3</v></c>'],
        ["And shared?", '<c r="B3"><f t="shared" si="0"/><v>12</v></c>'],
    )

    assert [entry.answer for entry in read(path)[0]] == ["It is 3", "12"]
    assert read_table(path).notes == (
        "2 cells are formulas: what they showed when the file was saved was read",
    )


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('<c r="B2"><f>WEBSERVICE("http://x")</f></c>', "cell B2 is a formula without a stored value"),
        ("<c r=\"B2\"><f>cmd|'/C calc'!A0</f></c>", "cell B2 is a formula without a stored value"),
        ('<c r="B2" t="e"><f>A1/0</f><v>#DIV/0!</v></c>', "cell B2 shows #DIV/0!; mend its formula"),
        (
            '<c r="B2" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c>',
            "cell B2 holds a picture, which cannot be shown; write text",
        ),
    ],
)
def test_a_cell_without_words_makes_its_row_unusable(cell, reason, saved_by_excel):
    entries, reasons = read(saved_by_excel(["question", "answer"], ["Why?", cell]))

    assert entries == []
    assert reasons[0].startswith(reason)


def test_a_stored_command_is_a_text_like_any_other_and_leaves_as_one(saved_by_excel, tmp_path):
    path = saved_by_excel(
        ["question", "answer"],
        ["Why?", '<c r="B2" t="str"><f>A9</f><v>=cmd|\'/C calc\'!A0</v></c>'],
    )
    (entry,), _ = read(path)
    write_table(tmp_path / "out.xlsx", [entry])
    write_table(tmp_path / "out.csv", [entry])
    cells = [cell for row in load_workbook(tmp_path / "out.xlsx").active for cell in row]

    assert entry.answer == "=cmd|'/C calc'!A0"
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert ",'=cmd|" in (tmp_path / "out.csv").read_text("utf-8-sig")


@settings(max_examples=30, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=3, unique_by=lambda e: (e.language, e.id)))
def test_no_cell_of_any_entry_is_run_in_any_file(entries):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.xlsx", "a.csv"):
            write_table(Path(folder, name), entries)
        kinds = {cell.data_type for row in load_workbook(Path(folder, "a.xlsx")).active for cell in row}
        text = Path(folder, "a.csv").read_text("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]

    # "n" is what openpyxl calls an empty cell.
    assert kinds <= {"s", "n", "inlineStr"}
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_an_entity_bomb_is_refused(saved_by_excel):
    path = saved_by_excel(["question", "answer"], ["Why?", "So."])
    with zipfile.ZipFile(path, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr(
            "xl/sharedStrings.xml",
            f'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst {MAIN}><si><t>&b;</t></si></sst>',
        )

    with pytest.raises(TableError, match="cannot be read"):
        read_table(path)


# Cells that became something else


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (12, "General", "12"),
        (3.0, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (0.5, "0%", "50%"),
        (1, "0%", "100%"),
        (0.125, "0.0%", "12.5%"),
        (7, "000", "007"),
        (True, "General", "TRUE"),
        (date(2026, 11, 1), "mmm-yy", "2026-11"),
        (date(2026, 11, 1), '[$-804]yyyy"年"m"月";@', "2026-11"),
        (date(2026, 11, 1), "[Red]yyyy-mm", "2026-11"),
        (date(2026, 11, 22), '[$-804]yyyy"年"m"月"d"日"', "2026-11-22"),
        (datetime(2026, 11, 22, 9, 30), "yyyy/m/d h:mm", "2026-11-22 09:30"),
        (time(9, 0), "h:mm", "09:00"),
        ("  blanks\u3000 ", "General", "blanks"),
    ],
)
def test_a_value_is_read_as_it_was_shown(value, number_format, text, sheet, tmp_path):
    sheet.append(["a", "Why?", value])
    sheet["C2"].number_format = number_format
    (entry,), _ = read(saved(sheet, tmp_path))

    assert entry.answer == text


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("2026/11/22", "2026-11-22"),
        ("2026/1/5", "2026-01-05"),
        ("2026-11-22 00:00:00", "2026-11-22"),
        ("2026年11月22日", "2026-11-22"),
        ("2026年11月", "2026-11"),
        ("2026年", "2026"),
        ("Nov-26", "2026-11"),
        ("11/22/2026", "11/22/2026"),
        ("soon", "soon"),
    ],
)
def test_a_date_is_known_as_spreadsheet_programs_show_it(shown, plain):
    assert plain_date(shown) == plain


def test_full_width_letters_mean_the_same_where_words_are_fixed():
    row = {
        "question": "能吗？",
        "answer": "能。",
        "language": "ＺＨ",
        "grade": "ａ　",
        "as_of": "２０２６－１１",
    }
    (entry,) = merge([RawRow(1, row)], {}, LANGUAGES).added

    assert (entry.language, entry.grade.value, entry.as_of) == ("zh", "A", "2026-11")


# Sheets


def test_a_cell_merged_over_rows_holds_for_each_of_them(sheet, tmp_path):
    sheet.append(["pay", "How do I pay?", "By card.", "paying", "money", None])
    sheet.append([None, None, None, "payment methods"])
    sheet.append([None, None, None, "card?"])
    sheet.append(["ship", "How is it shipped?", "By train.", None, None, None])
    for area in ("A2:A4", "B2:B4", "C2:C4", "E2:E5", "A9:F9", "E6:E40"):
        sheet.merge_cells(area)
    entries, reasons = read(saved(sheet, tmp_path))

    assert reasons == []
    assert [(entry.id, entry.topic) for entry in entries] == [("pay", "money"), ("ship", "money")]
    assert entries[0].questions == ("How do I pay?", "paying", "payment methods", "card?")


def test_a_title_merged_over_the_columns_is_no_column(tmp_path):
    sheet = Workbook().active
    for row in (["问题库"], ["问题", "答案"], ["能吗？", "能。"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")

    assert [entry.answer for entry in read(saved(sheet, tmp_path))[0]] == ["能。"]


def test_hidden_sheets_are_neither_read_nor_talked_about(sheet, tmp_path):
    hidden = sheet.parent.create_sheet("WpsReserved_CellImgList", 0)
    hidden.append(["nothing"])
    hidden.sheet_state = "veryHidden"
    sheet.append(["a", "Why?", "So."])
    sheet.parent.active = 1
    table = read_table(saved(sheet, tmp_path))

    assert (len(table.rows), table.notes) == (1, ())


def test_knowledge_saved_again_by_a_spreadsheet_program_stays_as_it_is(tmp_path):
    entries = load(KNOWLEDGE).entries
    write_table(tmp_path / "a.xlsx", entries)
    load_workbook(tmp_path / "a.xlsx").save(tmp_path / "b.xlsx")
    rows = list(load_workbook(tmp_path / "b.xlsx").active.values)
    lines = [",".join('"' + str(cell or "").replace('"', '""') + '"' for cell in row) for row in rows]
    (tmp_path / "c.csv").write_bytes("\r\n".join(lines).encode("gb18030"))

    for name in ("b.xlsx", "c.csv"):
        merged = import_table(read_table(tmp_path / name), KNOWLEDGE, LANGUAGES, dry_run=True).merged
        assert (merged.added, merged.changed, merged.absent, merged.rejected) == ((), (), (), ())


# What has changed


def told(old, new):
    return [str(change) for change in changes(old, new)]


def test_a_long_text_is_told_by_what_differs_in_it():
    old = make_entry("a", "问？", answer="很长的开头" * 20 + "三天" + "很长的结尾" * 20)
    new = make_entry("a", "问？", answer="很长的开头" * 20 + "五天" + "很长的结尾" * 20)

    assert told(old, new) == [
        'answer: "…开头很长的开头很长的开头三天很长的结尾很长的结尾很…" → '
        '"…开头很长的开头很长的开头五天很长的结尾很长的结尾很…"'
    ]


def test_lists_are_told_by_what_came_and_went():
    old = make_entry("a", "Q?", asked=["one", "two"], sources=("S1",))
    new = make_entry("a", "Q?", asked=["two", "three"], sources=(), is_volatile=True, answer="答案。 ")

    assert told(old, new) == [
        "answer: only blanks and line breaks differ",
        'is_volatile: "no" → "yes"',
        'phrasings: added "three"; removed "one"',
        'sources: removed "S1"',
    ]
    assert told(old, make_entry("a", "Q?", asked=["two", "one"], sources=("S1",))) == [
        "phrasings: another order"
    ]
    assert told(old, placeless(old)) == []


@pytest.mark.parametrize(
    ("old", "new", "is_lost"),
    [
        ("能退款吗？", "?????", True),
        ("能退款吗？😀", "能退款吗？??", True),
        ("能退款吗？😀", "能退款吗？?", True),
        ("多少？", "多少?", False),
        ("多少", "多少?", False),
        ("费用是多少呢", "费用是多少?", False),
        ("naïve – café", "naïve – cafe?", False),
    ],
)
def test_characters_that_a_file_could_not_hold_are_told_from_an_edit(old, new, is_lost):
    before, after = (make_entry("a", "问？", answer=text, asked=[text]) for text in (old, new))
    asked_again = make_entry("a", "问？", answer=old, asked=[new])

    assert bool(lost_characters(before, after)) is is_lost
    assert bool(lost_characters(before, asked_again)) is is_lost

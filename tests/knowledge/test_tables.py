"""Tables as operators have them: read however they were named and saved, written so that they read back."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.answering.normalising import detect_language
from bot.answering.script import to_simplified
from bot.errors import TableError
from bot.knowledge import table_reading
from bot.knowledge.exporting import write_table
from bot.knowledge.loader import load
from bot.knowledge.merging import merge, placeless
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import read_table
from bot.settings import PROJECT
from tests.fakes import make_entry
from tests.knowledge.strategies import ENTRIES

LANGUAGES = Languages(detect_language, to_simplified)
KINDS = ["jsonl", "csv", "xlsx"]


def entries_of(path, **options):
    """What a table says, and the reasons for which rows were left out."""
    merged = merge(read_table(path, **options).rows, {}, LANGUAGES)
    return list(merged.added), [item.reason for item in merged.rejected]


@pytest.fixture
def table(tmp_path):
    """Saves a file of a table."""

    def save(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save


@pytest.fixture
def workbook(tmp_path):
    """Saves a workbook of named sheets."""

    def save(**sheets):
        book = Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "faq.xlsx")
        return tmp_path / "faq.xlsx"

    return save


# There and back


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ENTRIES, min_size=1, max_size=4, unique_by=lambda e: (e.language, e.id)), st.sampled_from(KINDS)
)
def test_any_entries_come_back_as_they_were(entries, kind):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"table.{kind}")
        write_table(path, entries)
        found, rejected = entries_of(path)

    assert rejected == []
    assert [placeless(entry) for entry in found] == [placeless(entry) for entry in entries]


@pytest.mark.parametrize("kind", KINDS)
def test_the_products_own_knowledge_comes_back_as_it_was(kind, tmp_path):
    entries = load(PROJECT / "knowledge").entries
    write_table(tmp_path / f"all.{kind}", entries)
    found, rejected = entries_of(tmp_path / f"all.{kind}")

    assert rejected == []
    assert [placeless(entry) for entry in found] == [placeless(entry) for entry in entries]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "＝1+1"])
def test_no_exported_cell_is_run_as_a_formula(formula, tmp_path):
    entry = make_entry("a", formula)
    write_table(tmp_path / "a.csv", [entry])
    write_table(tmp_path / "a.xlsx", [entry])
    in_csv = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"))))[1][2]
    in_workbook = load_workbook(tmp_path / "a.xlsx").active["C2"]

    assert in_csv == "'" + formula
    assert (in_workbook.data_type, in_workbook.quotePrefix) == ("s", True)
    assert in_workbook.value == ("''=1" if formula == "'=1" else formula)
    assert [entries_of(tmp_path / name)[0][0].question for name in ("a.csv", "a.xlsx")] == [formula] * 2


def test_an_answer_too_long_for_a_cell_is_not_cut(tmp_path):
    with pytest.raises(TableError, match=r"32,767; export to \.csv"):
        write_table(tmp_path / "a.xlsx", [make_entry("a", "长吗？", answer="长" * 32_768)])

    assert list(tmp_path.iterdir()) == []


def test_an_export_into_no_folder_is_refused(tmp_path):
    with pytest.raises(TableError, match="missing is no folder; make it first"):
        write_table(tmp_path / "missing" / "a.csv", [])


# Columns and cells


@pytest.mark.parametrize(
    "header",
    [
        "编号,问题,答案,其他问法,主题",
        "編號,問題,回答,相似問,分類",
        " ID , Question ,ANSWER,Other ways to ask,Category",
        "id;Q;A;similar;topic",
        "id\tquestion*\tanswer（必填）\tphrasings\tTopic",
    ],
)
def test_columns_are_known_by_many_names(header, table):
    mark = next(mark for mark in ",;\t" if mark in header)
    path = table("faq.csv", header + "\n" + mark.join(["t0", "能退款吗？", "能。", "退钱", "退款"]))
    (entry,), _ = entries_of(path)

    assert (entry.id, entry.question, entry.answer, entry.topic) == ("t0", "能退款吗？", "能。", "退款")
    assert entry.questions == ("能退款吗？", "退钱")


@pytest.mark.parametrize(
    ("cell", "phrasings"),
    [
        ("a\nb|c", ["a", "b|c"]),
        ("a | b;c", ["a", "b;c"]),
        ("a；b; c", ["a", "b", "c"]),
        ("a, b", ["a, b"]),
        ("a|b\n", ["a|b"]),
    ],
)
def test_a_cell_holds_several_phrasings(cell, phrasings, table):
    (entry,), _ = entries_of(table("faq.csv", f'question,answer,phrasings\nWhy?,So.,"{cell}"\n'))

    assert [phrasing.text for phrasing in entry.phrasings] == phrasings


def test_numbered_columns_of_phrasings_are_put_together(table):
    (entry,), _ = entries_of(
        table("faq.csv", "问题,答案,相似问1,相似问2,相似问3\n能吗？,能。,可以吗,,行吗\n")
    )

    assert entry.questions == ("能吗？", "可以吗", "行吗")


def test_a_title_above_the_header_is_passed_over(table):
    (entry,), _ = entries_of(table("faq.csv", "客服问题表,,\n\n问题,答案,\n能吗？,能。\n"))

    assert entry.question == "能吗？"


def test_columns_that_mean_nothing_are_named(table):
    read = read_table(table("faq.csv", "question,answer,owner,\nWhy?,So.,me,\n"))

    assert read.notes == ('columns that mean nothing here were left out: "owner"',)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "问题,答案\n能退款吗？,可以，七天之内。\n"),
        ("utf-16", "问题,答案\n能退款吗？,可以，七天之内。\n"),
        ("utf-16-le", "问题,答案\n能退款吗？,可以，七天之内。\n"),
        ("gb18030", "问题,答案\n能退款吗？,可以，七天之内。\n"),
        ("gb18030", "question,answer\n能退款吗？,可以，七天之内。\n"),
        ("big5hkscs", "question,answer\n可以退款嗎？,可以，七天之內都能辦理，請聯絡客服。\n"),
        ("cp1252", "question,answer\nWhat’s the café?,It’s “open” – always.\n"),
    ],
)
def test_the_encodings_of_spreadsheet_programs_are_known(encoding, text, table):
    question, answer = text.split("\n")[1].split(",")
    rows = read_table(table("faq.csv", text.encode(encoding))).rows

    assert rows[0].cells == {"question": question, "answer": answer}


# Rows that cannot be used


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not an object"),
        ('{"answer": "So."}', "no question; write one"),
        ('{"question": "Why?"}', "no answer"),
        ('{"question": "Why?", "answer": ["So."]}', "answer must be a text"),
        ('{"question": "Why?", "answer": "So.", "phrasings": 5}', "phrasings must be a list of texts"),
        ('{"question": "Why?", "answer": "So.", "language": "fr"}', 'language "fr" is none of: zh, zh-Hans'),
        ('{"question": "Why?", "answer": "So.", "id": "a{#b"}', 'id "a{#b" must have'),
        ('{"question": "Why?", "answer": "So.", "as_of": "soon"}', 'as_of "soon" is no date'),
        ('{"question": "Why?", "answer": "So.", "as_of": "2026-02-31"}', 'as_of "2026-02-31" is no date'),
        (
            '{"question": "Why?", "answer": "So.", "as_of": "2026年2月30日"}',
            'as_of "2026年2月30日" is no date',
        ),
        ('{"question": "Why?", "answer": "So.", "grade": "Z"}', 'grade "Z" is none of: A, B, C, conflicting'),
        ('{"question": "Why?", "answer": "So.", "related": ["a, b"]}', 'related: "a, b" holds a comma'),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_the_reason(line, reason, table):
    path = table("faq.jsonl", '{"question": "Fine?", "answer": "Yes."}\n\n' + line)
    merged = merge(read_table(path).rows, {}, LANGUAGES)

    assert [entry.question for entry in merged.added] == ["Fine?"]
    assert [item.row.number for item in merged.rejected] == [3]
    assert merged.rejected[0].reason.startswith(reason)


# Files that cannot be used


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("faq.xls", b"", r"save it as \.xlsx"),
        ("faq.docx", b"", r"name it \.jsonl, \.csv or \.xlsx"),
        ("faq.json", b"[]", "one JSON object a line"),
        ("faq.csv", b"", "holds no rows"),
        ("faq.csv", b"question,answer\n", "holds no rows"),
        ("faq.jsonl", b"\n", "holds no rows"),
        (
            "faq.csv",
            b"topic,answer\nx,So.\n",
            'found: "topic", "answer"; name one of them: question, q, .*问题',
        ),
        ("faq.csv", b"question,Q,answer\na,b,c\n", 'columns "question", "Q" all mean question'),
        ("faq.csv", b'question,answer\nWhy?,"So.\n', "line 2: unexpected end of data"),
        ("faq.xlsx", b"question,answer\n", r"not an XLSX workbook; .* name it \.csv"),
        ("faq.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "password"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_remedy(name, content, complaint, table):
    with pytest.raises(TableError, match=complaint) as error:
        read_table(table(name, content))

    assert name in str(error.value)


def test_a_table_with_too_many_rows_is_refused(table):
    path = table("faq.csv", "question,answer\n" + "Why?,So.\n" * 4)

    assert len(read_table(path, max_rows=4).rows) == 4
    with pytest.raises(TableError, match="more than 3 rows; allow more with --max-rows"):
        read_table(path, max_rows=3)


def test_a_file_too_large_is_refused_unread(table):
    path = table("faq.csv", "question,answer\n")
    with path.open("r+b") as file:
        file.truncate(table_reading.MAX_BYTES + 1)

    with pytest.raises(TableError, match="50,000,000 are allowed; split it"):
        read_table(path)


# Workbooks


def test_the_first_sheet_is_read_unless_another_is_chosen(workbook):
    rows = [["问题", "答案"], ["能吗？", "能。"]]
    path = workbook(First=rows, Second=[*rows, ["好吗？", "好。"]])

    assert len(entries_of(path)[0]) == 1
    assert '"First" was read; choose with --sheet' in read_table(path).notes[0]
    assert len(entries_of(path, sheet="Second")[0]) == 2
    with pytest.raises(TableError, match='has no sheet "Third"; it has: "First", "Second"'):
        read_table(path, sheet="Third")


def test_numbers_and_dates_of_a_workbook_become_texts(workbook):
    path = workbook(a=[["id", "question", "answer", "as_of"], [12, "How many?", 3.0, date(2026, 11, 22)]])
    (entry,), _ = entries_of(path)

    assert (entry.id, entry.answer, entry.as_of) == ("12", "3", "2026-11-22")


def test_a_formula_that_was_never_calculated_is_no_empty_cell(workbook):
    _, reasons = entries_of(workbook(a=[["question", "answer", "topic"], ["Why?", "So.", '=A1&"x"']]))

    assert reasons == ["cell C2 is a formula without a stored value; open and save the workbook"]


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/a.xml", "w") as part:
        for _ in range(301):
            part.write(bytes(1_000_000))

    with pytest.raises(TableError, match="unpacks to 301,000,000 bytes"):
        read_table(path)


def test_a_torn_workbook_is_named_with_the_remedy(workbook):
    path = workbook(a=[["question", "answer"], ["Why?", "So."]])
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as torn:
        for name, part in parts.items():
            torn.writestr(name, part[: len(part) // 2] if "sheet1" in name else part)

    with pytest.raises(TableError, match=r"cannot be read .* save it again"):
        read_table(path)


# Rows -> entries


def jsonl(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_rows_of_one_id_become_one_entry(table):
    (entry,), reasons = entries_of(
        table(
            "faq.jsonl",
            jsonl(
                {"id": "pay", "question": "How do I pay?", "answer": "By card.", "phrasings": ["paying"]},
                {
                    "id": "pay",
                    "question": "Payment?",
                    "answer": "By card.",
                    "phrasings": ["paying", "card ok"],
                },
                {"id": "pay", "question": "Ways to pay", "answer": ""},
                {"id": "pay", "question": "Cash?", "answer": "No."},
            ),
        )
    )

    assert entry.questions == ("How do I pay?", "paying", "Payment?", "card ok", "Ways to pay")
    assert reasons == ['another answer than the first row of "pay" has']


def test_a_row_without_id_and_language_gets_both_and_keeps_them(table):
    row = {"question": "怎么付款？", "answer": "刷卡。"}
    (zh, en), _ = entries_of(
        table("a.jsonl", jsonl(row, {"question": "How do I pay?", "answer": "By card."}))
    )
    (again,), _ = entries_of(table("b.jsonl", jsonl(row)))

    assert (zh.language, en.language) == ("zh", "en")
    assert zh.id == again.id != en.id
    assert en.id.startswith("how-do-i-pay-")


def test_traditional_chinese_is_kept_in_simplified_from_which_it_is_derived(table):
    (entry,), _ = entries_of(
        table("a.jsonl", jsonl({"question": "怎麼付款？", "answer": "刷卡，無須現金。"}))
    )

    assert (entry.question, entry.answer, entry.language) == ("怎么付款？", "刷卡，无须现金。", "zh")

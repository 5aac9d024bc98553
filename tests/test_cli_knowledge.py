"""`knowledge import` and `knowledge export`, as typed: what they print, leave behind, and how they fail."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
from openpyxl import load_workbook

from bot.settings import PROJECT
from tests.conftest import KNOWLEDGE

ROWS = [
    {"id": "Refund_not_showing_up", "question": "Where is my refund?", "answer": "It takes five days."},
    {"id": "t0", "question": "How do I open the greenhouse?", "answer": "## Turn the key\n\nTwice."},
    {"id": "中文 id", "question": "温室怎么打开？", "answer": "把钥匙转两圈。", "phrasings": ["开温室的门"]},
]


@pytest.fixture
def table(tmp_path):
    """Saves rows as JSONL."""

    def save(*rows):
        path = tmp_path / "faq.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        return path

    return save


def test_an_import_says_what_it_did_and_a_second_one_that_nothing_changes(fresh_cli, table, tmp_path):
    file = table(*ROWS)
    first = fresh_cli("knowledge", "import", file, "--to", tmp_path / "kb")
    second = fresh_cli("knowledge", "import", file, "--to", tmp_path / "kb")

    assert first.exit_code == second.exit_code == 0
    assert "3 entries added, 0 changed, 0 unchanged; 0 rows left out, 2 files written" in first.output
    assert "nothing changes\n0 entries added, 0 changed, 3 unchanged" in second.output


def test_a_dry_run_lists_entries_and_writes_nothing(fresh_cli, table, tmp_path):
    result = fresh_cli("knowledge", "import", table(*ROWS), "--to", tmp_path / "kb", "--dry-run")

    assert 'new: t0 (en): "How do I open the greenhouse?"\n' in result.output
    assert 'new: 中文 id (zh): "温室怎么打开？" and 1 other ways to ask it\n' in result.output
    assert "3 entries would be added" in result.output
    assert not (tmp_path / "kb").exists()


def test_rows_left_out_are_listed_and_kept_in_a_file(fresh_cli, table, tmp_path):
    file = table(*ROWS, {"id": "x", "question": "=1+1", "answer": ""})
    result = fresh_cli("knowledge", "import", file, "--to", tmp_path / "kb")
    left_out = tmp_path / "faq.jsonl.rejected.csv"

    assert result.exit_code == 1
    assert "left out: row 4: no answer" in result.output
    assert str(left_out) in result.output
    assert list(csv.reader(left_out.read_text("utf-8-sig").splitlines())) == [
        ["row", "reason", "id", "question", "answer"],
        ["4", "no answer", "x", "'=1+1", ""],
    ]


def test_long_lists_are_cut(fresh_cli, table, tmp_path):
    rows = [{"question": f"Question {n}?", "answer": "Same."} for n in range(25)]
    command = ("knowledge", "import", table(*rows), "--to", tmp_path / "kb", "--dry-run")
    result = fresh_cli(*command)
    every = fresh_cli(*command, "--all")

    assert (result.output.count("new: "), every.output.count("new: ")) == (21, 25)
    assert "new: … and 5 more; --all lists them\n" in result.output


def test_a_dry_run_says_what_each_entry_says_now_and_the_import_does_just_that(fresh_cli, tmp_path):
    book, kb = tmp_path / "faq.xlsx", tmp_path / "kb"
    shutil.copytree(KNOWLEDGE, kb)
    fresh_cli("knowledge", "export", book, "--from", kb)
    edit(book)
    planned = fresh_cli("knowledge", "import", book, "--to", kb, "--dry-run")
    done = fresh_cli("knowledge", "import", book, "--to", kb)
    again = fresh_cli("knowledge", "import", book, "--to", kb, "--dry-run")

    assert planned.stdout.replace("would be ", "") == done.stdout
    assert planned.stdout == (
        'new: new-one (en): "Is it new?"\n'
        "changed: filing-time (zh/shop.md:28)\n"
        '    question: "小程序备案要多久？" → "小程序备案大概要多久？"\n'
        '    answer: "一般要一到二十个工作日，各地进度不同。" → "一般要一到三十个工作日，各地进度不同。"\n'
        '    topic: "filing" → (empty)\n'
        '    phrasings: added "备案几天"; removed "备案时间"\n'
        "not in the table: 1 entries of the folder, which stay as they are; an import deletes nothing: "
        "to delete an entry, take its section out of its file\n"
        "    stays: what-is (en/shop.md:3)\n"
        "1 entries would be added, 1 would be changed, 10 unchanged; 0 rows would be left out, "
        "2 files would be written\n"
    )
    assert "0 entries would be added, 0 would be changed, 12 unchanged" in again.output


def edit(book):
    """What an operator does: edits, clears, adds and deletes rows."""
    workbook = load_workbook(book)
    sheet = workbook.active
    columns = {cell.value: cell.column for cell in sheet[1]}
    rows = {(row[0].value, row[1].value): row[0].row for row in sheet.iter_rows(min_row=2)}
    number = rows["filing-time", "zh"]
    changed = {name: sheet.cell(number, columns[name]) for name in columns}
    changed["question"].value = changed["question"].value.replace("要", "大概要")
    changed["answer"].value = changed["answer"].value.replace("二十", "三十")
    changed["phrasings"].value = changed["phrasings"].value.replace("备案时间", "备案几天") + "\r\n "
    changed["topic"].value = None
    sheet.append(["new-one", "en", "Is it new?", "", "Yes."])
    sheet.delete_rows(rows["what-is", "en"])
    workbook.save(book)


def test_a_file_that_lost_its_chinese_when_it_was_saved_is_refused(fresh_cli, tmp_path):
    kb = tmp_path / "kb"
    shutil.copytree(KNOWLEDGE, kb)
    fresh_cli("knowledge", "export", tmp_path / "a.csv", "--from", kb)
    text = (tmp_path / "a.csv").read_text("utf-8-sig")
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252", "replace"))
    result = fresh_cli("knowledge", "import", tmp_path / "a.csv", "--to", kb)

    assert result.exit_code == 1
    assert "saved without the characters of" in result.output and "CSV UTF-8" in result.output
    assert (kb / "zh" / "shop.md").read_bytes() == (KNOWLEDGE / "zh" / "shop.md").read_bytes()


@pytest.mark.parametrize("name", ["faq.csv", "faq.xlsx", "faq.jsonl"])
def test_the_products_own_knowledge_is_exported_and_nothing_changes_on_import(fresh_cli, name, tmp_path):
    exported = fresh_cli("knowledge", "export", tmp_path / name, "--from", PROJECT / "knowledge")
    result = fresh_cli("knowledge", "import", tmp_path / name, "--to", PROJECT / "knowledge", "--dry-run")

    assert f"entries written to {tmp_path / name}" in exported.output
    assert "nothing changes" in result.output


def test_export_without_a_folder_takes_the_configured_one(fresh_cli, tmp_path):
    fresh_cli("knowledge", "export", tmp_path / "a.jsonl")
    ids = {json.loads(line)["id"] for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()}

    assert "filing-time" in ids


@pytest.mark.parametrize("command", [["import", "{file}", "--to", "{folder}"], ["export", "{file}"]])
def test_a_file_of_another_kind_is_refused_with_the_remedy(fresh_cli, command, tmp_path):
    file = tmp_path / "faq.docx"
    file.touch()
    words = [word.format(file=file, folder=tmp_path / "kb") for word in command]
    result = fresh_cli("knowledge", *words)

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {file}: ")
    assert ".csv" in result.output


@pytest.mark.model
def test_an_imported_folder_is_a_knowledge_base_of_its_own(fresh_cli, table, tmp_path):
    own = {"knowledge_dir": tmp_path / "kb", "index_dir": tmp_path / "own-index"}
    fresh_cli("knowledge", "import", table(*ROWS), "--to", tmp_path / "kb")
    built = fresh_cli("index", "build", **own)
    answers = {
        question: fresh_cli("ask", question, **own).output
        for question in ("How do I open the greenhouse?", "开温室的门")
    }

    assert "3 entries" in built.output
    assert "## Turn the key\n\nTwice." in answers["How do I open the greenhouse?"]
    assert "entry t0" in answers["How do I open the greenhouse?"]
    assert "把钥匙转两圈。" in answers["开温室的门"]

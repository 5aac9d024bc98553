"""`knowledge import` and `knowledge export`, as typed: what they print, leave behind, and how they fail."""

from __future__ import annotations

import csv
import json

import pytest

from bot.settings import PROJECT

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

    assert "new: t0 (en)\n" in result.output
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
    result = fresh_cli("knowledge", "import", table(*rows), "--to", tmp_path / "kb", "--dry-run")

    assert result.output.count("new: ") == 21
    assert "new: … and 5 more\n" in result.output


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

"""A table put into a knowledge folder: what changes, and above all what does not."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from bot.answering.normalising import detect_language
from bot.answering.script import to_simplified
from bot.errors import KnowledgeError
from bot.knowledge import importing
from bot.knowledge.exporting import write_table
from bot.knowledge.importing import import_table
from bot.knowledge.loader import load
from bot.knowledge.merging import placeless
from bot.knowledge.raw_row import RawRow
from bot.knowledge.rows import Languages
from bot.knowledge.table_reading import Table, read_table
from bot.settings import PROJECT

LANGUAGES = Languages(detect_language, to_simplified)


def put(folder, *rows, **options):
    """Import rows given as dictionaries."""
    table = Table(tuple(RawRow(number, row) for number, row in enumerate(rows, 1)))
    return import_table(table, folder, LANGUAGES, **options)


def files(folder):
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def entry(number, **fields):
    return {"id": f"e{number}", "question": f"Question {number}?", "answer": f"Answer {number}."} | fields


@pytest.fixture
def own(tmp_path):
    """A copy of the product's knowledge."""
    return shutil.copytree(PROJECT / "knowledge", tmp_path / "own")


def test_a_folder_made_by_an_import_loads(tmp_path):
    report = put(
        tmp_path / "new", entry(1, topic="pay"), entry(2, id="中文 id", language="zh", sources=["S1"])
    )
    base = load(tmp_path / "new")

    assert {found.id for found in base.entries} == {"e1", "中文 id"}
    assert list(files(tmp_path / "new")) == [path.as_posix() for path in report.files]
    assert set(files(tmp_path / "new")) == {"en/imported/pay.md", "zh/imported/entries.md"}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "xlsx"])
def test_importing_what_was_exported_leaves_every_file_as_it_is(kind, own, tmp_path):
    before = files(own)
    write_table(tmp_path / f"all.{kind}", load(own).entries)
    report = import_table(read_table(tmp_path / f"all.{kind}"), own, LANGUAGES)

    assert report.files == ()
    assert report.merged.unchanged == len(load(PROJECT / "knowledge").entries)
    assert files(own) == before


def test_an_exported_folder_comes_back_elsewhere(own, tmp_path):
    write_table(tmp_path / "all.csv", load(own).entries)
    import_table(read_table(tmp_path / "all.csv"), tmp_path / "new", LANGUAGES)
    key = lambda found: (found.language, found.id)  # noqa: E731
    old, new = (sorted(map(placeless, load(folder).entries), key=key) for folder in (own, tmp_path / "new"))

    assert new == old


def test_a_changed_row_changes_its_section_and_nothing_else(own):
    before = files(own)
    changed = load(own).entries[3]
    name = changed.place.path.as_posix()
    put(own, {"id": changed.id, "language": "zh", "question": changed.question, "answer": "## New\n\nwords"})
    after = files(own)

    assert {path for path in after if after[path] != before.get(path)} == {name}
    assert [placeless(e) for e in load(own).entries if e.id != changed.id or e.language != "zh"] == [
        placeless(e) for e in load(PROJECT / "knowledge").entries if e.id != changed.id or e.language != "zh"
    ]
    found = next(e for e in load(own).entries if e.id == changed.id and e.language == "zh")
    assert found.answer == "## New\n\nwords"
    assert placeless(found).phrasings == placeless(changed).phrasings
    assert len(after[name].splitlines()) < len(before[name].splitlines()) + 8


def test_line_ends_and_byte_order_mark_of_a_file_stay(folder):
    content = "\ufeff# T\n\n## A? {#a}\n\n### Answer\n\nOld.\n\n## B? {#b}\n\n### Answer\n\nB.   \n\n\n"
    path = folder.write("en/t.md", content.replace("\n", "\r\n"))
    put(folder.path, {"id": "a", "question": "A?", "answer": "New."})

    assert path.read_bytes().decode() == content.replace("Old.", "New.").replace("\n", "\r\n")


def test_a_row_without_id_means_the_entry_with_its_question(folder):
    path = folder.write("en/t.md", "## How do I pay? {#pay}\n\n### Answer\n\nOld.\n")
    put(folder.path, {"question": "how do I  pay?", "answer": "New."})

    assert path.read_text() == "## how do I pay? {#pay}\n\n### Answer\n\nNew.\n"


def test_an_empty_cell_clears_what_a_missing_column_keeps(folder):
    folder.write("en/t.md", "## A? {#a}\n\n- topic: x\n- sources: S1\n\n### Answer\n\nOld.\n")
    put(folder.path, {"id": "a", "question": "A?", "sources": ""})
    (found,) = load(folder.path).entries

    assert (found.topic, found.sources, found.answer) == ("x", (), "Old.")


def test_new_entries_fill_a_file_and_then_the_next(folder, monkeypatch):
    monkeypatch.setattr(importing, "ENTRIES_A_FILE", 2)
    put(folder.path, *(entry(n) for n in range(3)))
    put(folder.path, *(entry(n) for n in range(5)))
    names = [(found.place.path.as_posix(), found.id) for found in load(folder.path).entries]

    assert sorted(names, key=lambda pair: pair[1]) == [
        ("en/imported/entries.md", "e0"),
        ("en/imported/entries.md", "e1"),
        ("en/imported/entries-2.md", "e2"),
        ("en/imported/entries-2.md", "e3"),
        ("en/imported/entries-3.md", "e4"),
    ]


@pytest.mark.parametrize("topic", ["../../etc/passwd", "/", "..", "a" * 300, "con\0", "支付"])
def test_no_topic_leads_out_of_the_folder(topic, folder):
    put(folder.path / "kb", entry(1, topic=topic))

    assert [path.parent.relative_to(folder.path).as_posix() for path in folder.path.rglob("*.md")] == [
        "kb/en/imported"
    ]
    assert len(load(folder.path / "kb").entries) == 1


def test_a_dry_run_writes_nothing_and_says_what_would_be(folder):
    report = put(folder.path / "kb", entry(1), dry_run=True)

    assert [found.id for found in report.merged.added] == ["e1"]
    assert len(report.files) == 1
    assert not (folder.path / "kb").exists()


def test_what_several_entries_share_is_reported(folder):
    report = put(
        folder.path, entry(1, phrasings=["Same?"]), entry(2, question="same?"), entry(3, answer="Answer 1.")
    )

    assert report.merged.duplicates == (
        'the question "same?" belongs to "e1", "e2"',
        'the answer "Answer 1." belongs to "e1", "e3"',
    )


def test_a_folder_with_errors_is_not_touched(folder):
    folder.write("en/t.md", "## A? {#a}\n")
    before = files(folder.path)

    with pytest.raises(KnowledgeError, match=r"en/t\.md:1"):
        put(folder.path, entry(1))
    assert files(folder.path) == before


def test_a_section_of_a_plain_document_cannot_be_replaced(folder):
    folder.write("en/doc.md", "# Returns\n\nWithin a week.\n")

    with pytest.raises(KnowledgeError, match=r"doc\.md is a plain document"):
        put(folder.path, {"id": "en-doc-1", "question": "Returns", "answer": "Never."})


def test_an_interrupted_import_leaves_the_folder_as_it_was(folder, monkeypatch):
    put(folder.path, entry(1))
    before = files(folder.path)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(folder.path, *(entry(n, topic=f"t{n}") for n in range(9)), progress=stop)
    assert files(folder.path) == before


def test_twenty_thousand_rows_are_no_burden(tmp_path):
    rows = tmp_path / "many.jsonl"
    rows.write_text(
        "".join(json.dumps(entry(n, language="en", topic=f"t{n % 9}")) + "\n" for n in range(20_000))
    )
    started = time.process_time()
    report = import_table(read_table(rows), tmp_path / "kb", LANGUAGES)

    assert len(report.merged.added) == 20_000
    assert time.process_time() - started < 30

"""The folder: everything in it together makes the knowledge base, or is refused with file and line."""

from __future__ import annotations

import shutil

import pytest

from bot.errors import KnowledgeError
from bot.knowledge.loader import digest, load

ENTRY = "## Q? {#a}\n\n### Answer\n\nYes.\n"
SOURCES = """\
# Sources

| id | official | title (zh) | title (en) | address |
|---|---|---|---|---|
| S1 | yes | 微信公告 | WeChat notice | weixin.qq.com |
"""
NOT_UTF8 = "error: not UTF-8; save the file with UTF-8 encoding"
BAD_ROW = "error: write: | id | yes or no | title (zh) | title (en) | address |"


@pytest.fixture
def complaints(folder):
    """What loading the folder is refused with, line by line."""

    def refusal() -> list[str]:
        with pytest.raises(KnowledgeError) as caught:
            load(folder.path)
        return str(caught.value).splitlines()

    return refusal


def test_entries_of_both_languages_are_loaded_from_subfolders_too(folder):
    folder.write("en/b/c.md", ENTRY.replace("{#a}", "{#c}"))
    folder.write("en/a.md", ENTRY)
    folder.write("zh/a.md", ENTRY)

    found = [(entry.language, entry.id, str(entry.place)) for entry in load(folder.path).entries]
    assert found == [("zh", "a", "zh/a.md:1"), ("en", "a", "en/a.md:1"), ("en", "c", "en/b/c.md:1")]


def test_only_markdown_files_in_the_language_folders_are_entries(folder):
    folder.write("en/a.md", ENTRY)
    folder.write("en/a.md.bak", ENTRY)
    folder.write("README.md", ENTRY)
    folder.write("fr/a.md", ENTRY)

    assert len(load(folder.path).entries) == 1


@pytest.mark.parametrize("name", [".", "zh", "missing"])
def test_a_folder_without_entries_is_refused_naming_the_setting(folder, name):
    (folder.path / "zh").mkdir()
    path = folder.path / name

    with pytest.raises(KnowledgeError, match=r"holds no entries.*BOT_KNOWLEDGE_DIR") as caught:
        load(path)
    assert str(caught.value).startswith(f"{path} ")


def test_everything_wrong_in_any_file_is_said_at_once(folder, complaints):
    folder.write("zh/a.md", b"\n\xff")
    folder.write("en/b.md", "## Q? {#b}\n")

    assert complaints() == [
        f"zh/a.md:2: {NOT_UTF8}",
        'en/b.md:1: error: entry "b" has no answer; add "### Answer" and a text',
    ]


def test_an_id_used_in_two_files_of_a_language_is_refused_naming_both_places(folder, complaints):
    folder.write("en/a.md", f"# T\n\n{ENTRY}")
    folder.write("en/b.md", ENTRY)

    assert complaints() == ['en/b.md:1: error: id "a" is taken by en/a.md:3; give it another id']


def test_an_id_used_twice_in_one_file_is_refused(folder, complaints):
    folder.write("en/a.md", f"{ENTRY}\n{ENTRY}")

    assert complaints() == ['en/a.md:7: error: id "a" is taken by en/a.md:1; give it another id']


def test_the_sources_table_gives_each_source_its_titles(folder):
    folder.write("en/a.md", ENTRY)
    folder.write("sources.md", f"{SOURCES}| S2 | no | 论坛 | Forum | example.com |\n")
    sources = load(folder.path).sources

    assert sources["S1"].titles == {"zh": "微信公告", "en": "WeChat notice"}
    assert [(s.id, s.is_official, s.address) for s in sources.values()] == [
        ("S1", True, "weixin.qq.com"),
        ("S2", False, "example.com"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("| S2 | maybe | 论坛 | Forum | example.com |", id="neither yes nor no"),
        pytest.param("| S2 | yes |", id="too short"),
        pytest.param("| | yes | 论坛 | Forum | example.com |", id="no id"),
        pytest.param("| S2 | yes | | Forum | example.com |", id="no title"),
    ],
)
def test_a_bad_row_of_the_sources_table_is_refused_with_its_line(folder, complaints, row):
    folder.write("en/a.md", ENTRY)
    folder.write("sources.md", f"{SOURCES}{row}\n| S3 | no | 论坛 | Forum | example.com |\n")

    assert complaints() == [f"sources.md:6: {BAD_ROW}"]


def test_a_sources_table_without_all_columns_is_refused(folder, complaints):
    folder.write("en/a.md", ENTRY)
    folder.write("sources.md", "| id | official |\n|---|---|\n| S1 | yes |\n")

    assert complaints() == [f"sources.md:3: {BAD_ROW}"]


def test_a_source_with_two_rows_is_refused(folder, complaints):
    folder.write("en/a.md", ENTRY)
    folder.write("sources.md", f"{SOURCES}| S1 | no | 论坛 | Forum | example.com |\n")

    assert complaints() == ['sources.md:6: error: source "S1" has a row already; give this one another id']


@pytest.mark.parametrize("name", ["sources.md", "background/en.md"])
def test_a_side_file_that_is_not_utf8_is_refused_with_its_line(folder, complaints, name):
    folder.write("en/a.md", ENTRY)
    folder.write(name, b"# T\r\n\r\n- \xc4\xe3\xba\xc3\r\n")

    assert complaints() == [f"{name}:3: {NOT_UTF8}"]


def test_a_folder_without_sources_and_background_loads(folder):
    folder.write("en/a.md", ENTRY)
    base = load(folder.path)

    assert (base.sources, base.background) == ({}, ())


def test_the_background_is_read_from_all_its_files(folder):
    folder.write("en/a.md", ENTRY)
    folder.write("background/en.md", "\ufeff- the weather\n")
    folder.write("background/zh.md", "- 天气\n")

    assert [phrasing.text for phrasing in load(folder.path).background] == ["the weather", "天气"]


@pytest.mark.parametrize("name", ["en/a.md", "zh/new.md", "sources.md", "background/en.md"])
def test_the_digest_changes_with_every_file_that_goes_into_an_index(folder, name):
    folder.write("en/a.md", ENTRY)
    before = digest(folder.path)
    folder.write(name, ENTRY.replace("Yes", "Yep"))

    assert digest(folder.path) != before


def test_the_digest_changes_when_a_file_is_renamed(folder):
    path = folder.write("en/a.md", ENTRY)
    before = digest(folder.path)
    path.rename(path.with_name("b.md"))

    assert digest(folder.path) != before


def test_the_digest_does_not_depend_on_where_the_folder_is_nor_on_other_files(folder):
    folder.write("one/en/a.md", ENTRY)
    shutil.copytree(folder.path / "one", folder.path / "two")
    folder.write("two/en/notes.txt", "draft")

    assert digest(folder.path / "two") == digest(folder.path / "one")


def test_a_knowledge_base_carries_the_digest_of_its_folder(folder):
    folder.write("en/a.md", ENTRY)

    assert load(folder.path).digest == digest(folder.path)


def test_hidden_files_that_editors_leave_are_no_knowledge(folder):
    folder.write("en/t.md", "## A? {#a}\n\n### Answer\n\nYes.\n")
    before = load(folder.path)
    (folder.path / "en" / ".#t.md").symlink_to("somebody@host.123")
    folder.write("zh/.t.md.md", "nothing")

    assert load(folder.path) == before

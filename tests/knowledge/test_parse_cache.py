"""Files that were parsed before: what they say stays the same, as long as they do."""

from __future__ import annotations

import os

import pytest

from bot.answering.normalising import normalise
from bot.disk_cache import DiskCache
from bot.errors import KnowledgeError
from bot.knowledge import parse_cache
from bot.knowledge.lint import lint
from bot.knowledge.loader import load
from bot.knowledge.parse_cache import CachedParser, cache_file

ENTRY = """\
## {question} {{#{id}}}

- topic: shops
- as_of: 2026-11
- grade: conflicting
- sources: S1, S2
- includes: b

### Other ways to ask

- 开个店 “要钱”吗
- opening ☕

### Answer

Yes.

| a | b |
|---|---|

### Not this

- closing
"""


@pytest.fixture
def parse(tmp_path):
    """The parser of another command on the one cache."""
    return lambda: CachedParser(DiskCache(cache_file(tmp_path / "cache")))


@pytest.fixture
def parsed(monkeypatch):
    """Names of the files that were really parsed, in their order."""
    names = []
    real = parse_cache.parse_file
    monkeypatch.setattr(parse_cache, "parse_file", lambda file: names.append(str(file.name)) or real(file))
    return names


@pytest.fixture
def shops(folder):
    folder.write("en/a.md", ENTRY.format(id="a", question="Does it cost?"))
    folder.write("en/b.md", ENTRY.format(id="b", question="Is it dear?"))
    folder.write("zh/document.md", "# 关于\n\n小店。\n")
    return folder


def test_what_was_parsed_before_is_the_same_again(shops, parse):
    plain = load(shops.path)

    assert load(shops.path, parse()) == plain
    assert load(shops.path, parse()) == plain


def test_only_the_file_that_changed_is_parsed_again(shops, parse, parsed):
    load(shops.path, parse())
    parsed.clear()
    shops.write("en/b.md", ENTRY.format(id="b", question="Is it very dear?"))
    base = load(shops.path, parse())

    assert parsed == ["en/b.md"]
    assert [entry.question for entry in base.entries] == ["关于", "Does it cost?", "Is it very dear?"]


def test_a_file_of_another_name_is_another_file(shops, parse):
    load(shops.path, parse())
    (shops.path / "zh" / "document.md").rename(shops.path / "zh" / "about.md")

    assert load(shops.path, parse()).entries[0].id == "zh-about-1"


def test_a_copy_in_the_other_language_is_another_file(shops, parse):
    load(shops.path, parse())
    content = (shops.path / "en" / "a.md").read_bytes()
    (shops.path / "en" / "a.md").unlink()
    shops.write("zh/a.md", content)

    assert {entry.id: entry.language for entry in load(shops.path, parse()).entries}["a"] == "zh"


def test_mistakes_are_told_again_while_they_stand(shops, parse):
    shops.write("en/broken.md", "## Why? {#}\n\n### Answer\n\nSo.\n")
    told = []
    for _ in range(2):
        with pytest.raises(KnowledgeError) as caught:
            load(shops.path, parse())
        told.append(str(caught.value))

    assert told[0] == told[1]
    assert "en/broken.md:1" in told[0]


def test_lint_says_the_same_from_the_cache(shops, parse):
    said = [lint(shops.path, normalise, parse=parse()) for _ in range(2)]

    assert said[0] == said[1] == lint(shops.path, normalise)
    assert said[0]


def test_a_name_that_is_no_text_is_spelt_out(shops, parse):
    os.rename(shops.path / "en" / "a.md", os.fsencode(shops.path) + b"/en/\xc4\xe3.md")

    for _ in range(2):
        assert str(load(shops.path, parse()).entries[-1].place) == r"en/\xc4\xe3.md:1"


def test_without_a_place_for_the_cache_all_is_parsed(shops, tmp_path, caplog):
    (tmp_path / "cache").write_text("a file")
    parse = CachedParser(DiskCache(cache_file(tmp_path / "cache")))

    assert load(shops.path, parse) == load(shops.path)
    assert "BOT_CACHE_DIR" in caplog.text

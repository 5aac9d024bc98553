"""Entries written as Markdown come back as they were, whatever their texts look like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Entry, Grade, Phrasing, Place
from bot.knowledge.loader import load
from bot.knowledge.markdown import one_line, parse_text, tidy
from bot.knowledge.markdown_writing import render
from bot.settings import PROJECT

NOWHERE = Place(Path("a.md"), 1)
NASTY = (
    "## Heading {#other}",
    "### 回答",
    "### Answer",
    "### Other ways to ask",
    "# One",
    "#",
    "##",
    "###### six",
    "Setext",
    "---",
    "===",
    "- - -",
    "***",
    "```",
    "```python",
    "~~~",
    "~~~markdown verbatim",
    "~~~~",
    "````",
    "    code",
    "\t## tab",
    "> quote",
    ">",
    "- topic: x",
    "- item",
    "  - nested",
    "1. one",
    "2) two",
    "* star",
    "+ plus",
    "| a | b |",
    "|---|---|",
    "<!--",
    "-->",
    "<div>",
    "</div>",
    "<script>",
    "<pre>",
    "<?php",
    "<![CDATA[",
    "<!X",
    "[a]: /b",
    "[a]:",
    "{#id}",
    "{#",
    "}",
    "\\",
    "\\# x",
    "1\\. y",
    "\\\\",
    "",
    "",
    " ",
    "\u3000缩进",
    "😀",
    "emoji 👩\u200d💻 text",
    "a  ",
    "\u2028",
    "\x0c",
    "&amp;",
    "- 主题：别的",
    "'=1+1",
    "plain",
    "**bold**",
    "_x_",
    "`code`",
    "回答：",
    "## 问题？ {#a}",
    "-",
    "+",
    "*",
    "=",
    "99999999999. x",
    "- [ ] todo",
    ":::",
)
WILD = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t #-=*+_~`<>[]{}\\|1.)':：,、，"),
    max_size=40,
)
LINES = st.one_of(st.sampled_from(NASTY), WILD)
ANSWERS = st.lists(LINES, min_size=1, max_size=8).map(lambda lines: tidy("\n".join(lines))).filter(bool)
ONE_LINE = st.one_of(st.sampled_from(NASTY), WILD, st.tuples(LINES, LINES).map(" ".join)).map(one_line)
QUESTIONS = ONE_LINE.filter(bool)
PHRASINGS = st.lists(QUESTIONS.map(lambda text: Phrasing(text, NOWHERE)), max_size=4).map(tuple)
IDS = (
    st.one_of(
        WILD, st.sampled_from(["Refund_not_showing_up", "t0", "中文 id", "a}b", "}", "{", "../x", "a#"])
    )
    .map(lambda text: " ".join(text.split("\n")).strip()[:100].strip())
    .filter(lambda text: text and "{#" not in text and not set("\t\u2028\u2029") & set(text))
)
NAMES = st.lists(st.sampled_from(["S1", "中文 id", "a;b", "x|y", "#1", "a:b：c"]), max_size=3).map(tuple)
ENTRIES = st.builds(
    Entry,
    id=IDS,
    language=st.sampled_from(["zh", "en"]),
    question=QUESTIONS,
    phrasings=PHRASINGS,
    answer=ANSWERS,
    topic=ONE_LINE,
    place=st.just(NOWHERE),
    applies=st.sampled_from(["both", "ordinary", "ecommerce"]),
    as_of=st.sampled_from(["", "2026", "2026-11", "2026-11-22"]),
    is_volatile=st.booleans(),
    grade=st.sampled_from(Grade),
    sources=NAMES,
    related=NAMES,
    not_this=PHRASINGS,
)


def placeless(entry: Entry) -> Entry:
    """The entry without the lines that it and its phrasings stand in."""
    return replace(
        entry,
        place=NOWHERE,
        phrasings=tuple(Phrasing(phrasing.text, NOWHERE) for phrasing in entry.phrasings),
        not_this=tuple(Phrasing(phrasing.text, NOWHERE) for phrasing in entry.not_this),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.sampled_from(["zh", "en"]))
def test_any_entries_come_back_as_they_were(entries, language):
    entries = [replace(entry, language=language) for entry in entries]
    found, problems = parse_text("# Title\n\n" + "\n".join(map(render, entries)), language, name=Path("a.md"))

    assert problems == []
    assert [placeless(entry) for entry in found] == entries


def test_every_entry_of_the_product_comes_back_as_it_was():
    for entry in load(PROJECT / "knowledge").entries:
        found, problems = parse_text(render(entry), entry.language, name=Path("a.md"))

        assert problems == []
        assert [placeless(entry) for entry in found] == [placeless(entry)]


@pytest.mark.parametrize(
    "answer",
    [
        "Run this:\n\n```sh\n## not a heading\nmake\n```\n\nDone.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Look:\n\n#### Small heading\n\n- list\n  - nested\n\n<br>",
    ],
)
def test_an_answer_that_markdown_can_hold_is_written_as_it_is(answer):
    entry = Entry("a", "en", "Why?", (), answer, "", NOWHERE)

    assert render(entry) == f"## Why? {{#a}}\n\n### Answer\n\n{answer}\n"


def test_an_answer_with_headings_is_fenced():
    entry = Entry("a", "en", "Why?", (), "## First\n\nso\n\n~~~\nx\n~~~", "", NOWHERE)

    assert "~~~~markdown verbatim\n## First\n\nso\n\n~~~\nx\n~~~\n~~~~\n" in render(entry)

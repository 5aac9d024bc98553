"""Entries written as Markdown come back as they were, whatever their texts look like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Entry
from bot.knowledge.loader import load
from bot.knowledge.markdown import parse_text
from bot.knowledge.markdown_writing import render
from bot.knowledge.merging import placeless
from bot.settings import PROJECT
from tests.knowledge.strategies import ENTRIES, NOWHERE


@settings(max_examples=400, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.sampled_from(["zh", "en"]))
def test_any_entries_come_back_as_they_were(entries, language):
    entries = [replace(entry, language=language) for entry in entries]
    found, problems = parse_text("# Title\n\n" + "\n".join(map(render, entries)), language, name=Path("a.md"))

    assert problems == []
    assert [placeless(entry) for entry in found] == [placeless(entry) for entry in entries]


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

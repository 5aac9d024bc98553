"""Entries as wild as public data sets make them: texts that mean something to Markdown and spreadsheets."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from bot.domain import Entry, Grade, Phrasing, Place
from bot.knowledge.markdown import one_line, tidy

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
    "_x0041_ _x000D_",
    "#N/A",
    "12.0",
    "TRUE",
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
    label=ONE_LINE,
    includes=NAMES,
    not_this=PHRASINGS,
)

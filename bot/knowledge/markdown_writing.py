"""Entries -> Markdown that the parser reads back as the very same entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.domain import Entry, Phrasing
from bot.knowledge.markdown import parse_text

_WORDS = {
    "en": {
        "topic": "topic",
        "applies": "applies",
        "as_of": "as_of",
        "volatile": "volatile",
        "grade": "grade",
        "sources": "sources",
        "related": "related",
        "label": "label",
        "includes": "includes",
        "phrasings": "Other ways to ask",
        "answer": "Answer",
        "not_this": "Not this",
        "colon": ": ",
        "yes": "yes",
    },
    "zh": {
        "topic": "主题",
        "applies": "适用",
        "as_of": "截至",
        "volatile": "易变",
        "grade": "等级",
        "sources": "来源",
        "related": "相关",
        "label": "简称",
        "includes": "附带",
        "phrasings": "其他问法",
        "answer": "回答",
        "not_this": "不是这些问题",
        "colon": "：",
        "yes": "是",
    },
}
# Where a list item's text would begin another block, or would read as escaped already.
_MEANS_MORE = re.compile(r"(?=[#>+*<\[`~_-])|\d+(?=[.)])|\d*(?=\\[!-/:-@\[-`{-~])")
# Lines with which a block may begin that reaches past the answer, or a heading.
_SUSPICIOUS = re.compile(r"^\s*(?:#|<|```|~~~|-+\s*$|=+\s*$)", re.MULTILINE)
_TILDES = re.compile("~+")


def render(entry: Entry) -> str:
    """The entry's section of a file, heading first, with a line break at its end."""
    words = _WORDS[entry.language]
    head = f"## {entry.question} {{#{entry.id}}}"
    labels = "\n".join(f"- {words[name]}{words['colon']}{value}" for name, value in _labels(entry, words))
    parts = [
        head,
        labels,
        *_list(words["phrasings"], entry.phrasings),
        f"### {words['answer']}\n\n{_answer(entry.answer)}",
        *_list(words["not_this"], entry.not_this),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def render_label(entry: Entry, name: str) -> str:
    """One label's list item; empty where leaving it out says the same."""
    words = _WORDS[entry.language]
    value = dict(_labels(entry, words)).get(name, "")
    return f"- {words[name]}{words['colon']}{value}" if value else ""


def render_questions(entry: Entry, kind: str) -> str:
    """The part of other ways to ask (``phrasings``), or of what it is not (``not_this``); may be empty."""
    return "".join(_list(_WORDS[entry.language][kind], getattr(entry, kind)))


def render_item(text: str) -> str:
    """A list item that is read back as the text."""
    return f"- {_item(text)}"


def render_answer(text: str) -> str:
    """An answer that is read back as the text, in whatever section it stands."""
    return _answer(text)


def _labels(entry: Entry, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Labels that say more than leaving them out does."""
    values = {
        "topic": entry.topic,
        "applies": entry.applies if entry.applies != "both" else "",
        "as_of": entry.as_of,
        "volatile": words["yes"] if entry.is_volatile else "",
        "grade": entry.grade.value if entry.grade.value != "B" else "",
        "sources": ", ".join(entry.sources),
        "related": ", ".join(entry.related),
        "label": entry.label,
        "includes": ", ".join(entry.includes),
    }
    return ((name, value) for name, value in values.items() if value)


def _list(title: str, phrasings: Iterable[Phrasing]) -> Iterator[str]:
    items = "\n".join(f"- {_item(phrasing.text)}" for phrasing in phrasings)
    if items:
        yield f"### {title}\n\n{items}"


def _item(text: str) -> str:
    match = _MEANS_MORE.match(text)
    return f"{match[0]}\\{text[match.end() :]}" if match else text


def _answer(text: str) -> str:
    if not _SUSPICIOUS.search(text) or _stands_plain(text):
        return text
    longest = max((len(run) for run in _TILDES.findall(text)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}markdown verbatim\n{text}\n{fence}"


def _stands_plain(text: str) -> bool:
    """Whether the answer is read back as it is, and an entry after it is found."""
    page = f"## a {{#a}}\n\n### Answer\n\n{text}\n\n## b {{#b}}\n\n### Answer\n\nb\n"
    entries, problems = parse_text(page, "en", name=Path("a.md"))
    return not problems and [entry.answer for entry in entries] == [text, "b"]

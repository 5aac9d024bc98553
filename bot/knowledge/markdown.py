"""Parses one knowledge file: headings, labels and sections, with the line of everything that is wrong.

A file whose ``##`` headings carry ids (``## Question? {#id}``) holds entries; a file without any id is a
plain document, and each of its sections becomes an entry that is found by its heading and its text.

Two forms let any text stand in a file. An answer that is one fence marked ``~~~markdown verbatim`` is what
stands inside, whatever that means to Markdown. A list item may begin with a backslash before a mark that
would mean something else there: ``- \\# is what?``, ``- 1\\. what comes first?``.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.domain import Entry, Grade, Phrasing, Place
from bot.knowledge.dates import is_date
from bot.sentences import Sentence

# The last "{#" counts: a question may hold another.
_HEADING_ID = re.compile(r"^(?P<text>.*)\{#(?P<id>.*?)\}\s*$")
# Evaluation files and other systems refer to ids, so they are taken as they come.
_ID = re.compile(r"(?!\s)(?!.*\{#)[^\x00-\x1f\x7f\x85\u2028\u2029]{1,128}(?<!\s)")
_COLON = re.compile("[:：]")
_ESCAPED = re.compile(r"^(\d*)\\(?=[!-/:-@\[-`{-~])")
_VERBATIM = re.compile(r"(?P<fence>~{3,})markdown verbatim\n(?P<text>.*)\n(?P=fence)", re.DOTALL)
NAME_SEPARATORS = re.compile(r"\s*[,，、]\s*")

LABELS = {
    "topic": "topic",
    "主题": "topic",
    "applies": "applies",
    "适用": "applies",
    "as_of": "as_of",
    "截至": "as_of",
    "volatile": "volatile",
    "易变": "volatile",
    "grade": "grade",
    "等级": "grade",
    "sources": "sources",
    "来源": "sources",
    "related": "related",
    "相关": "related",
    "label": "label",
    "简称": "label",
    "includes": "includes",
    "附带": "includes",
}
SECTIONS = {
    "other ways to ask": "phrasings",
    "其他问法": "phrasings",
    "answer": "answer",
    "回答": "answer",
    "not this": "not_this",
    "不是这些问题": "not_this",
}
_ITEM_TEXT_OR_END = ("inline", "list_item_open", "list_item_close")
YES_NO = {"yes": True, "是": True, "no": False, "否": False}
APPLIES = ("ordinary", "ecommerce", "both")


@dataclass(frozen=True)
class Problem:
    """Something wrong in the knowledge base: where, what, and what to do about it."""

    place: Place
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        template = "%(place)s: error: %(message)s" if self.is_error else "%(place)s: warning: %(message)s"
        return Sentence(template, place=self.place, message=self.message)


@dataclass
class _Draft:
    """An entry while its lines are being read."""

    question: str
    id: str
    place: Place
    labels: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[Phrasing]] = field(default_factory=dict)
    answer: str = ""
    sections: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class KnowledgeFile:
    """A file of entries as it lies on the disk; ``name`` is the path to show in messages."""

    content: bytes
    language: str
    name: Path


# Entries, and everything that is wrong.
Parsed = tuple[list[Entry], list[Problem]]


def read_text(content: bytes, *, name: Path) -> tuple[str, list[Problem]]:
    """A file's text with plain line ends; without text, the line that is not UTF-8."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return _plain_lines(content.decode("utf-8")), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return "", [Problem(Place(name, line), Sentence("not UTF-8; save the file with UTF-8 encoding"))]


def _plain_lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse_file(file: KnowledgeFile) -> Parsed:
    """Entries of one file and everything wrong with it."""
    text, problems = read_text(file.content, name=file.name)
    entries, found = parse_text(text, file.language, name=file.name)
    return entries, problems + found


def parse_text(text: str, language: str, *, name: Path) -> Parsed:
    """The same for a file's text, whose lines end in ``\\n``."""
    parser = _FileParser(text, language, name)
    return parser.entries(), parser.problems


def entry_spans(text: str) -> dict[int, int]:
    """Line of every entry's heading -> its last line, both from 1; empty for a plain document."""
    parser = _FileParser(_plain_lines(text), "", Path())
    return {start + 1: stop for heading, start, stop in parser.sections() if _HEADING_ID.match(heading)}


@dataclass(frozen=True)
class SectionPart:
    """Lines [start, stop), from 0, of an entry's section; ``kind``: as in ``SECTIONS``, empty for the head.

    ``items``: texts of its list items, each with its line.
    """

    kind: str
    start: int
    stop: int
    items: tuple[tuple[str, int], ...]


def section_parts(text: str) -> list[SectionPart]:
    """The head of one entry's section and what stands under its ``###`` headings."""
    parser = _FileParser(text, "", Path())
    return [
        SectionPart(
            SECTIONS.get(title.strip().lower(), title), start, stop, tuple(parser.list_items(start, stop))
        )
        for title, start, stop in parser.parts()
    ]


def list_items(path: Path, *, name: Path) -> tuple[list[Phrasing], list[Problem]]:
    """All list items of a Markdown file, each with its place, and what keeps it from being read."""
    text, problems = read_text(path.read_bytes(), name=name)
    parser = _FileParser(text, "", name)
    items = parser.list_items(0, len(parser.lines))
    return [Phrasing(item, Place(name, line + 1)) for item, line in items], problems


_Lined = TypeVar("_Lined", bound=tuple[Any, ...])


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark")
    # Blocks alone: what stands inside a line is nobody's business here, and takes most of the time.
    markdown.core.ruler.enableOnly(["normalize", "block"])
    return markdown


class _FileParser:
    """Walks the top-level blocks of one file; collects problems instead of stopping at the first."""

    def __init__(self, text: str, language: str, name: Path) -> None:
        # As the Markdown parser counts them; splitlines() would also cut at U+2028 and form feeds.
        self.lines = text.split("\n")
        self.tokens = _markdown().parse(text)
        self._heads = [
            (token.tag, self.tokens[i + 1].content, _line(token))
            for i, token in enumerate(self.tokens)
            if token.type == "heading_open" and token.level == 0
        ]
        self._items = list(self._all_items())
        self.language = language
        self.name = name
        self.problems: list[Problem] = []

    def sections(self) -> list[tuple[str, int, int]]:
        """The parts under ``##`` headings: heading, its line, line of the next, both from 0."""
        return self._split(("h2",), 0, len(self.lines))

    def entries(self) -> list[Entry]:
        sections = self.sections()
        if not any(_HEADING_ID.match(heading) for heading, _, _ in sections):
            return self._document()
        drafts = [self._draft(*section) for section in sections]
        return [self._entry(draft) for draft in drafts if draft is not None]

    def parts(self) -> list[tuple[str, int, int]]:
        """The head of a text, without a title, and what stands under its ``###`` headings."""
        under = self._split(("h3",), 0, len(self.lines))
        return [("", 0, under[0][1] if under else len(self.lines)), *under]

    def _split(self, tags: tuple[str, ...], start: int, end: int) -> list[tuple[str, int, int]]:
        """Cut lines [start, end) at headings: (heading, its line, line of the next)."""
        heads = [(text, line) for tag, text, line in _between(self._heads, start, end) if tag in tags]
        stops = [*(line for _, line in heads), end][1:]
        return [(text, line, stop) for (text, line), stop in zip(heads, stops, strict=True)]

    def _draft(self, heading: str, line: int, end: int) -> _Draft | None:
        match = _HEADING_ID.match(heading)
        place = self._place(line)
        if match is None:
            self._report(
                place, 'heading "%(heading)s" has no id; write: ## %(heading)s {#some-id}', heading=heading
            )
            return None
        if complaint := id_complaint(match["id"]):
            self.problems.append(Problem(place, complaint))
        question = one_line(match["text"])
        if not question:
            self._report(place, "heading has no question; write: ## Question? {#%(id)s}", id=match["id"])
        draft = _Draft(question, match["id"], place)
        parts = self._split(("h3",), line, end)
        self._read_labels(draft, line + 1, parts[0][1] if parts else end)
        for title, first, stop in parts:
            self._read_section(draft, title, first, stop)
        return draft

    def _read_labels(self, draft: _Draft, start: int, end: int) -> None:
        for text, line in self.list_items(start, end):
            label, *value = _COLON.split(text, maxsplit=1)
            key = LABELS.get(label.strip().lower())
            if not value or key is None:
                self._report(
                    self._place(line),
                    '"%(text)s" is not a known label; known: %(known)s',
                    text=text,
                    known=", ".join(LABELS),
                )
            else:
                draft.labels[key] = value[0].strip()

    def _read_section(self, draft: _Draft, title: str, first: int, stop: int) -> None:
        kind = SECTIONS.get(title.strip().lower())
        if kind is None:
            self._report(
                self._place(first),
                'section "%(title)s" is unknown; known: %(known)s',
                title=title,
                known=", ".join(SECTIONS),
            )
        elif kind in draft.sections:
            twice = 'entry "%(id)s" has "%(title)s" twice; merge the two'
            self._report(self._place(first), twice, id=draft.id, title=title)
        elif kind == "answer":
            draft.answer = self._answer(first + 1, stop)
        else:
            draft.lists[kind] = [
                Phrasing(text, self._place(line)) for text, line in self.list_items(first, stop)
            ]
        draft.sections.add(kind or title)

    def _entry(self, draft: _Draft) -> Entry:
        if not draft.answer:
            self._report(
                draft.place, 'entry "%(id)s" has no answer; add "### Answer" and a text', id=draft.id
            )
        labels = draft.labels
        return Entry(
            id=draft.id,
            language=self.language,
            question=draft.question,
            phrasings=tuple(draft.lists.get("phrasings", ())),
            answer=draft.answer,
            topic=labels.get("topic", ""),
            place=draft.place,
            applies=self._one_of(draft, "applies", APPLIES, "both"),
            as_of=self._date(draft),
            is_volatile=YES_NO[self._one_of(draft, "volatile", YES_NO, "no")],
            grade=Grade(self._one_of(draft, "grade", [g.value for g in Grade], "B")),
            sources=_names(labels.get("sources", "")),
            related=_names(labels.get("related", "")),
            not_this=tuple(draft.lists.get("not_this", ())),
            label=labels.get("label", ""),
            includes=_names(labels.get("includes", "")),
        )

    def _document(self) -> list[Entry]:
        """Each section of a plain document, down to ``###``, that has a text of its own."""
        prefix = self.name.with_suffix("").as_posix().replace("/", "-")
        sections = self._split(("h1", "h2", "h3"), 0, len(self.lines))
        if not sections and any(self.lines):
            self._report(self._place(0), "has no heading to find its text by; begin with: # What it is about")
        texts = [(heading, line, self._text(line + 1, stop)) for heading, line, stop in sections]
        return [
            Entry(f"{prefix}-{number}", self.language, heading, (), text, "", self._place(line))
            for number, (heading, line, text) in enumerate(texts, 1)
            if text
        ]

    def _one_of(self, draft: _Draft, label: str, known: Iterable[str], default: str) -> str:
        value = draft.labels.get(label, default)
        if value in known:
            return value
        self._report(
            draft.place,
            'entry "%(id)s": %(label)s is "%(value)s"; use one of: %(known)s',
            id=draft.id,
            label=label,
            value=value,
            known=", ".join(known),
        )
        return default

    def _date(self, draft: _Draft) -> str:
        value = draft.labels.get("as_of", "")
        if value and not is_date(value):
            self._report(
                draft.place,
                'entry "%(id)s": as_of is "%(value)s"; write 2026, 2026-11 or 2026-11-22',
                id=draft.id,
                value=value,
            )
        return value

    def list_items(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """Items of the lists in lines [start, end), nested ones too, each with its line."""
        yield from _between(self._items, start, end)

    def _all_items(self) -> Iterator[tuple[str, int]]:
        for i, token in enumerate(self.tokens):
            if token.type == "list_item_open":
                following = (self.tokens[j] for j in range(i + 1, len(self.tokens)))
                own = next(t for t in following if t.type in _ITEM_TEXT_OR_END)
                if own.content:
                    yield _ESCAPED.sub(r"\1", one_line(own.content)), _line(token)

    def _answer(self, start: int, end: int) -> str:
        text = self._text(start, end)
        match = _VERBATIM.fullmatch(text)
        return tidy(match["text"]) if match and match["fence"] not in match["text"] else text

    def _text(self, start: int, end: int) -> str:
        return tidy("\n".join(self.lines[start:end]))

    def _place(self, line: int) -> Place:
        return Place(self.name, line + 1)

    def _report(self, place: Place, template: str, **values: object) -> None:
        self.problems.append(Problem(place, Sentence(template, **values)))


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _between(items: list[_Lined], start: int, end: int) -> list[_Lined]:
    """Those whose last field, the line, is in [start, end); they are in the order of their lines."""
    line: Callable[[_Lined], int] = itemgetter(-1)
    return items[bisect_left(items, start, key=line) : bisect_left(items, end, key=line)]


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for name in NAME_SEPARATORS.split(value) if name)


def id_complaint(entry_id: str) -> str:
    """What is wrong with an id; empty if nothing is."""
    if _ID.fullmatch(entry_id):
        return ""
    return Sentence(
        'id "%(id)s" must have 1 to 128 characters, without "{#", line breaks and outer blanks; '
        "for example {#my-shop}",
        id=entry_id,
    )


def one_line(text: str) -> str:
    """Runs of blanks and line breaks become one blank, outer ones none."""
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Without blanks at the ends of lines and around it all: the one form of an answer."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()

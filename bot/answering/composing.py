"""Answers composed from entries: their own sentences in order, each under what it is about.

Nothing is reworded. An answer that another entry belongs to is followed by that entry's short answer; a
question in parts gets the short answer of each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.wording import Wording
from bot.domain import Entry

# Characters of a composed answer: beyond them the details of its first entry wait for the reader's wish.
MAX_TEXT = 1200
MAX_QUOTE = 60
_PARAGRAPH = "\n\n"
# A reader's words are repeated as words: marks that Markdown or HTML would read are left out.
_MARKS = re.compile(r"[^\w\s.,;:!?'’%-]|[_`]")
_KEPT_MARKS = "，。！？；：、“”‘’（）"


@dataclass(frozen=True)
class Composition:
    """An answer in full, in short and what the short form leaves out; ``entries`` in the order shown."""

    entries: tuple[Entry, ...]
    text: str
    short: str
    rest: str


def with_included(entry: Entry, included: Sequence[Entry], words: Wording) -> Composition:
    """One entry's answer, followed by the short answers of those that belong to it."""
    entries = (entry, *included)
    tail = [*(_under_lead(_lead(other), other.short_answer) for other in included), caveats(entries, words)]
    first, *others = entry.passages
    short, rest = paragraphs(first, *tail), paragraphs(*others)
    shown = entry.answer
    if included:
        shown = paragraphs(first, *_fitting(others, MAX_TEXT - len(short)))
    return Composition(entries, paragraphs(shown, *tail), short, rest)


def one_by_one(entries: Sequence[Entry], words: Wording) -> Composition:
    """The short answers of several entries, each under its question."""
    answers = [_under_lead(entry.question, entry.short_answer) for entry in entries]
    text = paragraphs(*answers, caveats(entries, words, have_questions=True))
    detailed = [entry for entry in entries if entry.passages[1:]]
    details = [_under_lead(entry.question, paragraphs(*entry.passages[1:])) for entry in detailed]
    return Composition(tuple(entries), text, text, paragraphs(*details))


def caveats(entries: Sequence[Entry], words: Wording, *, have_questions: bool = False) -> str:
    """One sentence a kind of doubt, with the oldest date.

    It names the parts it is about, unless it is about all of them or about the first, which has no lead.
    """
    doubted: dict[str, list[Entry]] = {}
    for entry in entries:
        doubted.setdefault(words.doubt(entry), []).append(entry)
    sentences = []
    for doubt, those in doubted.items():
        about_all = len(those) == len(entries) or (those[0] is entries[0] and not have_questions)
        leads = [] if about_all else [e.question if have_questions else _lead(e) for e in those]
        sentences.append(words.caveat_about(doubt, _oldest(those), leads) if doubt else "")
    return paragraphs(*sentences)


def quoted(text: str) -> str:
    """A reader's words as they can be repeated in an answer."""
    kept = "".join(c if c in _KEPT_MARKS else _MARKS.sub("", c) for c in " ".join(text.split()))
    return kept if len(kept) <= MAX_QUOTE else f"{kept[:MAX_QUOTE]}…"


def paragraphs(*parts: str) -> str:
    """Those parts that say something, as paragraphs."""
    return _PARAGRAPH.join(part for part in parts if part)


def _lead(entry: Entry) -> str:
    return entry.label or entry.question


def _under_lead(lead: str, text: str) -> str:
    return f"**{lead}**\n\n{text}"


def _fitting(passages: Sequence[str], room: int) -> tuple[str, ...]:
    """The first passages that fit into so many characters; of a list, the first items that do."""
    fitting: list[str] = []
    for passage in passages:
        room -= len(_PARAGRAPH)
        shown = passage if len(passage) <= room else _first_items(passage, room)
        fitting.append(shown)
        if shown != passage:
            break
        room -= len(passage)
    return tuple(fitting)


def _first_items(passage: str, room: int) -> str:
    """The beginning of a list, cut after an item; empty for what is no list or has no room for one."""
    lines = passage.split("\n")
    while lines and not (lines[-1].startswith("- ") and len("\n".join(lines)) <= room):
        lines.pop()
    return "\n".join(lines)


def _oldest(entries: Sequence[Entry]) -> str:
    return min((entry.as_of for entry in entries if entry.as_of), default="")

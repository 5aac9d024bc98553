"""An entry as its form holds it: texts, until it is looked at what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from bot.answering.normalising import detect_language
from bot.answering.script import to_simplified
from bot.domain import Entry
from bot.knowledge.columns import NAME_LISTS, QUESTION_LISTS
from bot.knowledge.drafts import Wish
from bot.knowledge.raw_row import RawRow
from bot.knowledge.rows import NOWHERE, Languages, RowError, id_for, read_row

_LANGUAGES = Languages(detect_language, to_simplified)
_YES = "yes"


@dataclass(frozen=True)
class EntryForm:
    """Fields of one entry. ``seen``: its digest when the form was opened, empty for a new one; lists of
    questions have one a line, lists of names are parted by commas.
    """

    language: str
    id: str = ""
    seen: str = ""
    question: str = ""
    phrasings: str = ""
    not_this: str = ""
    answer: str = ""
    topic: str = ""
    label: str = ""
    applies: str = "both"
    as_of: str = ""
    is_volatile: str = ""
    grade: str = "B"
    sources: str = ""
    related: str = ""
    includes: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written into it."""
        return not any(text.strip() for text in (self.question, self.phrasings, self.answer))

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Names and values that carry the form through another page."""
        return ((f"{self.language}-{name}", value) for name, value in vars(self).items())

    def with_phrasings(self, more: Sequence[str]) -> EntryForm:
        """The same with further ways to ask; those it has already are left out."""
        known = [self.question, *_lines(self.phrasings)]
        lines = [*_lines(self.phrasings), *(text for text in more if text not in known)]
        return replace(self, phrasings="\n".join(dict.fromkeys(lines)))

    def wish(self) -> Wish:
        """What the operator wants; raises RowError, which says what cannot be."""
        cells = {name: value for name, value in vars(self).items() if name != "seen"}
        cells |= {name: list(dict.fromkeys(_lines(cells[name]))) for name in QUESTION_LISTS}
        row = read_row(RawRow(1, cells), _LANGUAGES)
        if not row.answer:
            raise RowError("no answer; write one")
        plain = Entry(row.id or id_for(row.question), row.language, row.question, (), row.answer, "", NOWHERE)
        entry = replace(plain, **row.fields)
        return Wish((entry.language, entry.id), entry, self.seen)


def form_of(entry: Entry, seen: str) -> EntryForm:
    """An entry's fields as its form shows them."""
    texts = {name: getattr(entry, name) for name in ("id", "question", "answer", "topic", "label")}
    lists = {name: "\n".join(item.text for item in getattr(entry, name)) for name in QUESTION_LISTS}
    names = {name: ", ".join(getattr(entry, name)) for name in NAME_LISTS}
    choices = {"applies": entry.applies, "grade": entry.grade.value, "as_of": entry.as_of}
    volatile = _YES if entry.is_volatile else ""
    return EntryForm(entry.language, seen=seen, is_volatile=volatile, **texts, **lists, **names, **choices)


def sent_form(sent: Mapping[str, str], language: str) -> EntryForm | None:
    """The form that was sent for a language; None where there was none."""
    if f"{language}-question" not in sent:
        return None
    names = [field.name for field in fields(EntryForm) if field.name != "language"]
    return EntryForm(language, **{name: sent.get(f"{language}-{name}", "") for name in names})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]

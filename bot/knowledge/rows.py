"""Cells of a row -> the fields of an entry, each checked; what the row does not say stays unsaid."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain import Entry, Grade, Language, Phrasing, Place
from bot.errors import BotError
from bot.knowledge.columns import NAME_LISTS, QUESTION_LISTS, split_names, split_questions
from bot.knowledge.dates import is_date, plain_date
from bot.knowledge.markdown import APPLIES, NAME_SEPARATORS, YES_NO, id_complaint, one_line, tidy
from bot.knowledge.raw_row import RawRow

DetectLanguage = Callable[[str], Language]
ToSimplified = Callable[[str], str]
NOWHERE = Place(Path(), 0)
_LANGUAGES: dict[str, str] = {"zh": "zh"} | {language.value: language.knowledge for language in Language}
# What XML, and so a workbook, cannot hold, and halves of characters.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BOOLEANS: Mapping[str, bool] = YES_NO | {
    "true": True,
    "1": True,
    "y": True,
    "false": False,
    "0": False,
    "n": False,
}
_WORD = re.compile("[a-z0-9]+")
_SLUG_LENGTH = 40


class RowError(BotError):
    """A row cannot be used; the message says why."""


@dataclass(frozen=True)
class Row:
    """A row's words for one entry; ``fields`` holds those of Entry's fields that the row gives.

    ``id`` and ``answer`` may be empty.
    """

    raw: RawRow
    id: str
    language: str
    question: str
    answer: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Languages:
    """How to tell the language of a text, and how to write Traditional Chinese in Simplified."""

    detect: DetectLanguage
    to_simplified: ToSimplified


def read_row(raw: RawRow, languages: Languages) -> Row:
    """The row's fields; raises RowError when one of them cannot be used."""
    if raw.problem:
        raise RowError(raw.problem)
    question = one_line(_scalar(raw, "question"))
    if not question:
        raise RowError("no question; write one")
    language = _language(raw, question, languages.detect)
    script = languages.to_simplified if language is Language.TRADITIONAL else _as_it_is
    entry_id = _scalar(raw, "id").strip()
    if entry_id and (complaint := id_complaint(entry_id)):
        raise RowError(complaint)
    fields = {name: _FIELDS[name](raw, script) for name in raw.cells if name in _FIELDS}
    answer = tidy(script(_scalar(raw, "answer")))
    return Row(raw, entry_id, _LANGUAGES[language], script(question), answer, fields)


def _as_it_is(text: str) -> str:
    return text


def _language(raw: RawRow, question: str, detect: DetectLanguage) -> str:
    """One of the languages' values, or ``zh`` for texts to be kept in their own script."""
    given = _narrow(_scalar(raw, "language"))
    if not given:
        return detect(question)
    known = {name.lower(): name for name in _LANGUAGES}
    try:
        name = known[given.lower().replace("_", "-")]
    except KeyError as error:
        raise RowError(
            'language "%(given)s" is none of: %(languages)s', given=given, languages=", ".join(_LANGUAGES)
        ) from error
    return Language(name) if name in set(Language) else name


def id_for(question: str) -> str:
    """An id that stays the same for a question, however it is spaced and capitalised."""
    folded = one_line(question).casefold()
    slug = "-".join(_WORD.findall(folded))[:_SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(folded.encode()).hexdigest()[:12]
    return f"{slug}-{digest}" if slug else f"q-{digest}"


def _scalar(raw: RawRow, name: str) -> str:
    value = raw.cells.get(name, "")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise RowError("%(name)s must be a text", name=name)
    return _clean(str(value))


def _narrow(text: str) -> str:
    """Without blanks around it; full-width letters and digits become plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _parts(raw: RawRow, name: str, split: Callable[[str], list[str]]) -> list[str]:
    value = raw.cells[name]
    if isinstance(value, str):
        return split(_clean(value))
    if not isinstance(value, list) or not all(isinstance(part, str | int | float) for part in value):
        raise RowError("%(name)s must be a list of texts", name=name)
    return [_clean(str(part)) for part in value]


def _phrasings(name: str) -> Callable[[RawRow, ToSimplified], tuple[Phrasing, ...]]:
    def read(raw: RawRow, script: ToSimplified) -> tuple[Phrasing, ...]:
        texts = map(one_line, _parts(raw, name, split_questions))
        return tuple(Phrasing(script(text), NOWHERE) for text in texts if text)

    return read


def _names(name: str) -> Callable[[RawRow, ToSimplified], tuple[str, ...]]:
    def read(raw: RawRow, _script: ToSimplified) -> tuple[str, ...]:
        names = [one_line(part) for part in _parts(raw, name, split_names)]
        for one in names:
            if NAME_SEPARATORS.search(one):
                raise RowError('%(name)s: "%(one)s" holds a comma, which parts names', name=name, one=one)
        return tuple(one for one in names if one)

    return read


def _one_of(name: str, known: Mapping[str, Any], default: object) -> Callable[[RawRow, ToSimplified], Any]:
    def read(raw: RawRow, _script: ToSimplified) -> object:
        given = _narrow(_scalar(raw, name))
        by_name = {one.lower(): value for one, value in known.items()} | {"": default}
        if given.lower() not in by_name:
            raise RowError(
                '%(name)s "%(given)s" is none of: %(known)s', name=name, given=given, known=", ".join(known)
            )
        return by_name[given.lower()]

    return read


def _date(raw: RawRow, _script: ToSimplified) -> str:
    given = _narrow(_scalar(raw, "as_of"))
    value = plain_date(given)
    if value and not is_date(value):
        raise RowError('as_of "%(given)s" is no date; write 2026, 2026-11 or 2026-11-22', given=given)
    return value


def _topic(raw: RawRow, _script: ToSimplified) -> str:
    return one_line(_scalar(raw, "topic"))


def _label(raw: RawRow, script: ToSimplified) -> str:
    return script(one_line(_scalar(raw, "label")))


_FIELDS: dict[str, Callable[[RawRow, ToSimplified], Any]] = {
    "topic": _topic,
    "label": _label,
    "applies": _one_of("applies", {name: name for name in APPLIES}, Entry.applies),
    "as_of": _date,
    "is_volatile": _one_of("is_volatile", _BOOLEANS, Entry.is_volatile),
    "grade": _one_of("grade", {grade.value: grade for grade in Grade}, Entry.grade),
    **{name: _phrasings(name) for name in QUESTION_LISTS},
    **{name: _names(name) for name in NAME_LISTS},
}

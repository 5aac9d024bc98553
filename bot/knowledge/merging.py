"""Rows and the entries there already -> the entries there shall be, and what an operator should know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain import Entry, Phrasing
from bot.knowledge.markdown import one_line
from bot.knowledge.raw_row import RawRow
from bot.knowledge.rows import NOWHERE, Languages, Row, RowError, id_for, read_row

_SHOWN = 60
# Language folder and id: what tells entries apart.
Key = tuple[str, str]


@dataclass(frozen=True)
class Rejected:
    """A row that is left out, and why."""

    row: RawRow
    reason: str


@dataclass(frozen=True)
class Merged:
    """The entries of a table. ``changed`` replace ``replaced``, in that order; ``absent`` are those that
    the table does not name; ``duplicates`` are sentences for an operator.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    replaced: tuple[Entry, ...]
    unchanged: int
    absent: tuple[Entry, ...]
    rejected: tuple[Rejected, ...]
    duplicates: tuple[str, ...]


def merge(raws: Iterable[RawRow], existing: Mapping[Key, Entry], languages: Languages) -> Merged:
    """Rows of one id and language become one entry; columns that a table lacks keep what is there."""
    rows, rejected = _read(raws, languages)
    entries = []
    groups = _grouped(rows, existing)
    for key, group in groups.items():
        answer = _first([row.answer for row in group]) or (existing[key].answer if key in existing else "")
        fitting = [row for row in group if answer and row.answer in ("", answer)]
        rejected += [
            _misfit(row, key, answer) for row in group if row.answer not in ("", answer) or not answer
        ]
        if fitting:
            entries.append(_joined(key, answer, fitting, existing.get(key)))
    added = tuple(entry for entry in entries if _key(entry) not in existing)
    changed = tuple(entry for entry in entries if _key(entry) in existing and _differs(entry, existing))
    rejected.sort(key=lambda item: item.row.number)
    unchanged = len(entries) - len(added) - len(changed)
    replaced = tuple(existing[_key(entry)] for entry in changed)
    left_out = {str(item.row.cells.get("id", "")).strip() for item in rejected}
    absent = tuple(entry for key, entry in existing.items() if key not in groups and key[1] not in left_out)
    duplicates = tuple(_duplicates(entries, existing))
    return Merged(added, changed, replaced, unchanged, absent, tuple(rejected), duplicates)


def _read(raws: Iterable[RawRow], languages: Languages) -> tuple[list[Row], list[Rejected]]:
    rows, rejected = [], []
    for raw in raws:
        try:
            rows.append(read_row(raw, languages))
        except RowError as error:
            rejected.append(Rejected(raw, str(error)))
    return rows, rejected


def _grouped(rows: Iterable[Row], existing: Mapping[Key, Entry]) -> dict[Key, list[Row]]:
    """Rows by entry; a row without an id means the entry that has its question."""
    ids = {(e.language, _folded(e.question)): e.id for e in reversed(list(existing.values()))}
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        known = ids.get((row.language, _folded(row.question)))
        groups[row.language, row.id or known or id_for(row.question)].append(row)
    return groups


def _joined(key: Key, answer: str, rows: Sequence[Row], existing: Entry | None) -> Entry:
    """The first row's words, what only later ones give, and every further way to ask."""
    first, *later = rows
    start = existing or Entry(key[1], key[0], "", (), "", "", NOWHERE)
    fields = {name: value for row in reversed(rows) for name, value in row.fields.items()}
    phrasings = first.fields.get("phrasings", start.phrasings)
    more = [text for row in later for text in (row.question, *_texts(row.fields.get("phrasings", ())))]
    known = {first.question, *_texts(phrasings)}
    new = [Phrasing(text, NOWHERE) for text in dict.fromkeys(more) if text not in known]
    words = {"question": first.question, "answer": answer, "phrasings": (*phrasings, *new)}
    return replace(start, **fields | words)


def _misfit(row: Row, key: Key, answer: str) -> Rejected:
    reason = f'another answer than the first row of "{key[1]}" has' if answer else "no answer"
    return Rejected(row.raw, reason)


def _differs(entry: Entry, existing: Mapping[Key, Entry]) -> bool:
    return placeless(entry) != placeless(existing[_key(entry)])


def placeless(entry: Entry) -> Entry:
    """The entry without the lines it stands in, to compare what it says."""
    return replace(
        entry,
        place=NOWHERE,
        phrasings=tuple(Phrasing(text, NOWHERE) for text in _texts(entry.phrasings)),
        not_this=tuple(Phrasing(text, NOWHERE) for text in _texts(entry.not_this)),
    )


def _duplicates(entries: Iterable[Entry], existing: Mapping[Key, Entry]) -> Iterator[str]:
    """Questions and answers that several entries share, some of them from the table."""
    everything = {**existing} | {_key(entry): entry for entry in entries}
    new = {_key(entry) for entry in entries}
    questions, answers = defaultdict(set), defaultdict(set)
    for key, entry in everything.items():
        answers[entry.language, entry.answer].add(key)
        for question in entry.questions:
            questions[entry.language, _folded(question)].add(key)
    for what, owners in (("question", questions), ("answer", answers)):
        for (_, text), keys in owners.items():
            if len(keys) > 1 and keys & new:
                ids = ", ".join(sorted(f'"{key[1]}"' for key in keys))
                yield f'the {what} "{_shortened(text)}" belongs to {ids}'


def _shortened(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def _texts(phrasings: Iterable[Phrasing]) -> list[str]:
    return [phrasing.text for phrasing in phrasings]


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")


def _folded(text: str) -> str:
    return one_line(text).casefold()


def _key(entry: Entry) -> Key:
    return entry.language, entry.id

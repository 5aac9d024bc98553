"""Lint: everything that would make the bot answer badly, before an index is built from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.domain import Entry, KnowledgeBase, Phrasing, Query
from bot.knowledge.loader import LANGUAGES, Parse, inspect, parse_each
from bot.knowledge.markdown import Problem
from bot.sentences import Sentence

MAX_SHORT_ANSWER = {"zh": 120, "en": 70}
MIN_PHRASINGS = 8
# Cosine of two entries' canonical questions from which they are confused.
TOO_ALIKE = 0.985
_COMPARED_AT_ONCE = 1000
# Entries of these topics state no facts, so they need no date and no source.
CHAT_TOPICS = ("smalltalk", "handoff")
_TOO_MANY_CHARACTERS = (
    'entry "%(id)s" its first paragraph is %(length)s characters long (at most %(most)s); shorten it'
)
_TOO_MANY_WORDS = 'entry "%(id)s" its first paragraph is %(length)s words long (at most %(most)s); shorten it'
_NO_RELATED = 'entry "%(id)s": related id "%(name)s" does not exist'
_NO_INCLUDED = 'entry "%(id)s": included id "%(name)s" does not exist'
_BACKGROUND = Sentence("the background")

Normalise = Callable[[str], Query]
# Texts -> unit vectors; the rows' inner products are cosines.
Vectors = Any
Embed = Callable[[list[str]], Vectors]


def lint(
    folder: Path, normalise: Normalise, embed: Embed | None = None, parse: Parse = parse_each
) -> list[Problem]:
    """All problems of a knowledge folder; look-alike entries only when ``embed`` is given."""
    base, problems = inspect(folder, parse)
    return _in_order([*problems, *problems_of(base, normalise, embed)])


def problems_of(base: KnowledgeBase, normalise: Normalise, embed: Embed | None = None) -> list[Problem]:
    """The problems of a knowledge base whose files could be read."""
    known_ids = {entry.id for entry in base.entries}
    checks = [
        *_duplicate_phrasings(base, normalise),
        *_missing_twins(base.entries),
        *(problem for entry in base.entries for problem in _entry_problems(entry, known_ids, base.sources)),
    ]
    return _in_order([*checks, *(_look_alikes(base.entries, normalise, embed) if embed else ())])


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (str(p.place.path), p.place.line))


def _duplicate_phrasings(base: KnowledgeBase, normalise: Normalise) -> Iterator[Problem]:
    owners: dict[str, tuple[str, object]] = {}
    for owner, phrasing in _all_phrasings(base):
        key = normalise(phrasing.text).key
        first_owner, first_place = owners.setdefault(key, (owner, phrasing.place))
        if first_place is not phrasing.place:
            yield Problem(
                phrasing.place,
                Sentence(
                    '"%(text)s" is already a phrasing of %(owner)s (%(place)s); remove or reword one of them',
                    text=phrasing.text,
                    owner=first_owner,
                    place=first_place,
                ),
                is_error=first_owner != owner,
            )


def _all_phrasings(base: KnowledgeBase) -> Iterator[tuple[str, Phrasing]]:
    for entry in base.entries:
        yield entry.id, Phrasing(entry.question, entry.place)
        for phrasing in entry.phrasings:
            yield entry.id, phrasing
    for phrasing in base.background:
        yield _BACKGROUND, phrasing


def _missing_twins(entries: Iterable[Entry]) -> Iterator[Problem]:
    languages: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        languages[entry.id][entry.language] = entry
    for twins in languages.values():
        for missing in set(LANGUAGES) - set(twins):
            entry = next(iter(twins.values()))
            yield _warning(
                entry,
                'entry "%(id)s" has no twin in %(folder)s/; add an entry with the same id there',
                folder=missing,
            )


def _entry_problems(entry: Entry, known_ids: Container[str], sources: Container[str]) -> Iterator[Problem]:
    for template, names in ((_NO_RELATED, entry.related), (_NO_INCLUDED, entry.includes)):
        for name in names:
            if name not in known_ids:
                yield Problem(entry.place, Sentence(template, id=entry.id, name=name))
    if entry.topic not in CHAT_TOPICS:
        yield from _provenance_problems(entry, sources)
    if entry.answer:
        yield from _short_answer_problems(entry)
    if len(entry.phrasings) < MIN_PHRASINGS:
        template = 'entry "%(id)s" has %(count)s other ways to ask; write at least %(least)s'
        yield _warning(entry, template, count=len(entry.phrasings), least=MIN_PHRASINGS)


def _provenance_problems(entry: Entry, sources: Container[str]) -> Iterator[Problem]:
    if not entry.as_of:
        yield _warning(entry, 'entry "%(id)s" has no date; add as_of')
    if not entry.sources:
        yield _warning(entry, 'entry "%(id)s" names no source; add sources')
    for name in entry.sources:
        if name not in sources:
            template = 'entry "%(id)s" source "%(name)s" is not in sources.md; add a row for it'
            yield _warning(entry, template, name=name)


def _short_answer_problems(entry: Entry) -> Iterator[Problem]:
    text, most, is_chinese = entry.short_answer, MAX_SHORT_ANSWER[entry.language], entry.language == "zh"
    length = len(text) if is_chinese else len(text.split())
    if length > most:
        template = _TOO_MANY_CHARACTERS if is_chinese else _TOO_MANY_WORDS
        yield _warning(entry, template, length=length, most=most)


def _look_alikes(entries: Sequence[Entry], normalise: Normalise, embed: Embed) -> Iterator[Problem]:
    """Pairs of entries in one language whose canonical questions mean the same to the model."""
    for language in LANGUAGES:
        of_language = [entry for entry in entries if entry.language == language]
        if len(of_language) < 2:
            continue
        vectors = embed([normalise(entry.question).text for entry in of_language])
        for i, j, cosine in _alike(vectors):
            other = of_language[j]
            yield _warning(
                of_language[i],
                'entry "%(id)s" is nearly the same question as "%(other)s" (%(place)s, cosine %(cosine).3f); '
                "merge them or make the headings differ",
                other=other.id,
                place=other.place,
                cosine=cosine,
            )


def _alike(vectors: Vectors) -> Iterator[tuple[int, int, float]]:
    """Pairs of rows that are too alike, the later one first, with their cosine."""
    for start in range(0, len(vectors), _COMPARED_AT_ONCE):
        cosines = vectors[start : start + _COMPARED_AT_ONCE] @ vectors.T
        rows, columns = (cosines >= TOO_ALIKE).nonzero()
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if column < start + row:
                yield start + row, column, float(cosines[row, column])


def _warning(entry: Entry, template: str, **values: object) -> Problem:
    return Problem(entry.place, Sentence(template, id=entry.id, **values), is_error=False)

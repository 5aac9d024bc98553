"""Lint: everything that would make the bot answer badly, before an index is built from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.domain import Entry, KnowledgeBase, Phrasing, Query
from bot.knowledge.loader import LANGUAGES, Parse, inspect, parse_each
from bot.knowledge.markdown import Problem

MAX_SHORT_ANSWER = {"zh": 120, "en": 70}
MIN_PHRASINGS = 8
# Cosine of two entries' canonical questions from which they are confused.
TOO_ALIKE = 0.985
_COMPARED_AT_ONCE = 1000
# Entries of these topics state no facts, so they need no date and no source.
CHAT_TOPICS = ("smalltalk", "handoff")

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
                f'"{phrasing.text}" is already a phrasing of {first_owner} ({first_place}); '
                "remove or reword one of them",
                is_error=first_owner != owner,
            )


def _all_phrasings(base: KnowledgeBase) -> Iterator[tuple[str, Phrasing]]:
    for entry in base.entries:
        yield entry.id, Phrasing(entry.question, entry.place)
        for phrasing in entry.phrasings:
            yield entry.id, phrasing
    for phrasing in base.background:
        yield "the background", phrasing


def _missing_twins(entries: Iterable[Entry]) -> Iterator[Problem]:
    languages: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        languages[entry.id][entry.language] = entry
    for twins in languages.values():
        for missing in set(LANGUAGES) - set(twins):
            entry = next(iter(twins.values()))
            yield _warning(entry, f"has no twin in {missing}/; add an entry with the same id there")


def _entry_problems(entry: Entry, known_ids: Container[str], sources: Container[str]) -> Iterator[Problem]:
    for label, names in (("related", entry.related), ("included", entry.includes)):
        for name in names:
            if name not in known_ids:
                yield Problem(entry.place, f'entry "{entry.id}": {label} id "{name}" does not exist')
    if entry.topic not in CHAT_TOPICS:
        yield from _provenance_problems(entry, sources)
    if entry.answer and (excess := _short_answer_excess(entry)):
        yield _warning(entry, f"its first paragraph is {excess}; shorten it")
    if len(entry.phrasings) < MIN_PHRASINGS:
        yield _warning(entry, f"has {len(entry.phrasings)} other ways to ask; write at least {MIN_PHRASINGS}")


def _provenance_problems(entry: Entry, sources: Container[str]) -> Iterator[Problem]:
    if not entry.as_of:
        yield _warning(entry, "has no date; add as_of")
    if not entry.sources:
        yield _warning(entry, "names no source; add sources")
    for name in entry.sources:
        if name not in sources:
            yield _warning(entry, f'source "{name}" is not in sources.md; add a row for it')


def _short_answer_excess(entry: Entry) -> str:
    limit = MAX_SHORT_ANSWER[entry.language]
    text = entry.short_answer
    length, unit = (len(text), "characters") if entry.language == "zh" else (len(text.split()), "words")
    return f"{length} {unit} long (at most {limit})" if length > limit else ""


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
                f'is nearly the same question as "{other.id}" ({other.place}, cosine {cosine:.3f}); '
                "merge them or make the headings differ",
            )


def _alike(vectors: Vectors) -> Iterator[tuple[int, int, float]]:
    """Pairs of rows that are too alike, the later one first, with their cosine."""
    for start in range(0, len(vectors), _COMPARED_AT_ONCE):
        cosines = vectors[start : start + _COMPARED_AT_ONCE] @ vectors.T
        rows, columns = (cosines >= TOO_ALIKE).nonzero()
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if column < start + row:
                yield start + row, column, float(cosines[row, column])


def _warning(entry: Entry, message: str) -> Problem:
    return Problem(entry.place, f'entry "{entry.id}" {message}', is_error=False)

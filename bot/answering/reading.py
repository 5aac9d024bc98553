"""Reads a query in other ways too: with slips of the pen mended, and the question alone of a long story."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from bot.answering.normalising import normalise
from bot.answering.spelling import Speller
from bot.domain import Language, Query, Ranking, Vocabulary
from bot.ports import KnowledgeIndex

# Share of the way from the answer threshold to certainty that another reading must go beyond it:
# every further reading is a further chance to err.
STRICTER = 0.3
# The share from which on mending has met its mark.
BEYOND_DOUBT = 0.5
# Characters and words from which on a text tells a story, and of which a question has no fewer.
_STORY = 40
_QUESTION = 8
# Characters and words from which on a sentence stands without the long one before it.
_ALONE = 15
# What people say while they think; only ever left out of another reading.
_FILLER = re.compile(
    "嗯+|呃+|唉+|哎+|那个|就是说|就是|然后|我想问一下|想问一下|请问一下"
    r"|\b(?:um+|uh+|erm?|hmm+|like|you know|i mean|basically|actually|okay so|so yeah)\b,?"
)
_SENTENCE_END = re.compile(r"(?<=[。!?;…~])\s*(?=.)|(?<=\.)\s+(?=.)")
_CLAUSE_END = re.compile(r"(?<=[,，、])\s*|\s+(?=[\u4e00-\u9fff])")
_UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")

_Understood = tuple[Query, Ranking]


def read(index: KnowledgeIndex, query: Query, *, by_words: bool = False) -> _Understood:
    """The query as it was understood, with its ranking: as it stands, unless another reading is sure.

    A story stands for its end. Slips mended compete with what was written, unless they are beyond doubt;
    the other readings are for what would not be answered. ``by_words``: the words alone may do.
    """
    if not query.key:
        # Nothing but punctuation or pictures is like no entry at all.
        return query, Ranking((), 0.0)
    asked = _like(query, end_of_story(query.text))
    if index.is_phrasing(asked):  # no other reading can be surer
        return _understood(index, query, asked)
    speller = _speller(index.vocabulary)
    mended = _mended(asked, speller)
    if by_words and (known := _by_words(index, query, mended)):
        return known
    sure = _sure(index, query, asked, mended)
    if sure and sure[1].confidence >= _above(index.answer_threshold, BEYOND_DOUBT):
        return sure  # ranking what was written would take as long as all the rest
    written = _understood(index, query, asked)
    best = max(filter(None, (written, sure)), key=lambda understood: understood[1].confidence)
    if best[1].confidence >= index.answer_threshold:
        return best
    alone = _mended(_like(query, question_alone(asked.text)), speller)
    others = {reading.key: reading for reading in (alone, query) if reading.key != mended.key}
    ranked = (_sure(index, query, asked, other) for other in others.values())
    return next(filter(None, ranked), best)


def surely(threshold: float) -> float:
    """The confidence that a guess at what was meant needs: more than the words as written."""
    return _above(threshold, STRICTER)


def _above(threshold: float, share: float) -> float:
    return threshold + share * (1 - threshold)


def end_of_story(text: str) -> str:
    """The last sentence of a long normalised text, with the one before it if both are short."""
    if _length(text) < _STORY:
        return text
    *_, before, last = ["", *_SENTENCE_END.split(text)]
    both = f"{before} {last}".strip()
    if _length(both) < _STORY:
        return both
    return last if _length(last) >= _ALONE else text


def question_alone(text: str) -> str:
    """A normalised text without what is said while thinking; of a long sentence only the end."""
    spoken = " ".join(_FILLER.sub(" ", text).split())
    return _end(_CLAUSE_END.split(spoken)) if _length(spoken) >= _STORY else spoken


def _end(clauses: list[str]) -> str:
    """As many of the last clauses as make a question."""
    end = ""
    for clause in reversed(clauses):
        end = clause + end
        if _length(end) >= _QUESTION:
            break
    return end


def _length(text: str) -> int:
    return len(_UNIT.findall(text))


def _like(query: Query, text: str) -> Query:
    return query if text == query.text else normalise(text, query.language)


def _by_words(index: KnowledgeIndex, query: Query, reading: Query) -> _Understood | None:
    ranking = index.rank_by_words(reading)
    return _as_read(query, reading, ranking) if ranking else None


def _understood(index: KnowledgeIndex, query: Query, reading: Query) -> _Understood:
    return _as_read(query, reading, index.rank(reading))


def _as_read(query: Query, reading: Query, ranking: Ranking) -> _Understood:
    return reading, ranking if reading.key == query.key else replace(ranking, read_as=reading.text)


def _sure(index: KnowledgeIndex, query: Query, asked: Query, reading: Query) -> _Understood | None:
    """The reading with its ranking if it is another one and certain enough to be taken."""
    if reading.key in ("", asked.key):
        return None
    understood = _understood(index, query, reading)
    return understood if understood[1].confidence >= surely(index.answer_threshold) else None


def _mended(query: Query, speller: Speller) -> Query:
    """The query with its slips mended; Chinese if it turns out to be pinyin."""
    characters = speller.from_pinyin(query.text)
    is_turned_chinese = characters != query.text and query.language is Language.ENGLISH
    language = Language.SIMPLIFIED if is_turned_chinese else query.language
    mended = speller.with_words(speller.with_sounds(characters))
    return query if mended == query.text else normalise(mended, language)


@lru_cache(maxsize=2)
def _speller(vocabulary: Vocabulary) -> Speller:
    """One for a version: the next one replaces it."""
    return Speller(vocabulary)

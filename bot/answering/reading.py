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
STRICTER = 0.5
# Characters and words from which on a text tells a story, and of which a question has no fewer.
_STORY = 40
_QUESTION = 12
# What people say while they think; only ever left out of another reading.
_FILLER = re.compile(
    "嗯+|呃+|唉+|哎+|那个|就是说|就是|然后|我想问一下|想问一下|请问一下"
    r"|\b(?:um+|uh+|erm?|hmm+|like|you know|i mean|basically|actually|okay so|so yeah)\b,?"
)
_SENTENCE_END = re.compile(r"(?<=[。!?;…~])\s*|(?<=\.)\s+")
_CLAUSE_END = re.compile(r"(?<=[,，、])\s*|\s+(?=[\u4e00-\u9fff])")
_UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")

_Understood = tuple[Query, Ranking]


def read(index: KnowledgeIndex, query: Query) -> _Understood:
    """The query as it was understood, with its ranking: as it stands, unless another reading is sure.

    Slips mended compete with what was written; the question alone comes first in a story, else last.
    """
    if not query.key:
        # Nothing but punctuation or pictures is like no entry at all.
        return query, Ranking((), 0.0)
    mended, alone = alternatives(query, index.vocabulary)
    is_story = _length(query.text) >= _STORY
    if is_story and (found := _sure(index, query, alone)):
        return found[0]
    written = query, index.rank(query)
    best = max([written, *_sure(index, query, mended)], key=lambda understood: understood[1].confidence)
    if best[1].confidence >= index.answer_threshold or is_story or alone.key == mended.key:
        return best
    return (*_sure(index, query, alone), best)[0]


def alternatives(query: Query, vocabulary: Vocabulary) -> tuple[Query, Query]:
    """The query with its slips mended, and the same for the question alone; either may be the query."""
    speller = _speller(vocabulary)
    return _mended(query, query.text, speller), _mended(query, question_alone(query.text), speller)


def question_alone(text: str) -> str:
    """What a normalised text asks in the end, without what is said while thinking."""
    spoken = " ".join(_FILLER.sub(" ", text).split())
    if _length(spoken) < _STORY:
        return spoken
    sentences = [sentence for sentence in _SENTENCE_END.split(spoken) if sentence]
    asking = [sentence for sentence in sentences if sentence.endswith("?")] or sentences
    return _end(_CLAUSE_END.split(asking[-1])) if _length(asking[-1]) >= _STORY else asking[-1]


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


def _sure(index: KnowledgeIndex, query: Query, reading: Query) -> list[_Understood]:
    """The reading with its ranking if it is another one and certain enough to be taken."""
    if reading.key in ("", query.key):
        return []
    ranking = index.rank(reading)
    needed = index.answer_threshold + STRICTER * (1 - index.answer_threshold)
    return [(reading, replace(ranking, read_as=reading.text))] if ranking.confidence >= needed else []


def _mended(query: Query, text: str, speller: Speller) -> Query:
    characters = speller.from_pinyin(text)
    is_turned_chinese = characters != text and query.language is Language.ENGLISH
    language = Language.SIMPLIFIED if is_turned_chinese else query.language
    return normalise(speller.with_words(speller.with_sounds(characters)), language)


@lru_cache(maxsize=2)
def _speller(vocabulary: Vocabulary) -> Speller:
    """One for a version: the next one replaces it."""
    return Speller(vocabulary)

"""Reads a query in other ways when it is not understood as it stands: slips mended, the question alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from bot.answering.normalising import normalise
from bot.answering.spelling import Speller
from bot.domain import Language, Query, Ranking, Vocabulary
from bot.ports import KnowledgeIndex

# Share of the way from the answer threshold to certainty that another reading must exceed it by:
# every further try is a further chance to err.
STRICTER = 0.25
# What people say while they think; only ever left out of another reading.
_FILLER = re.compile(
    "嗯+|呃+|唉+|哎+|那个|就是说|就是|然后|那么|我想问一下|想问一下|请问一下"
    r"|\b(?:um+|uh+|erm?|hmm+|like|you know|i mean|basically|actually|okay so|so yeah|well)\b,?"
)
_SENTENCE = re.compile(r"[^。!?;…~]+[。!?;…~]*|[^。!?;…~]*[。!?;…~]+")
_CLAUSE = re.compile(r"[,，、\s]+")
_ASKS = re.compile(
    "[?吗呢么]|怎|什么|多少|多久|几|哪|能不能|可不可以|要不要|是不是|是否|可以"
    r"|\b(?:how|what|which|when|where|who|why|can|could|do|does|is|are|should|must|will|would)\b"
)
# Shorter texts are one question; a shorter question in a longer text leans on what was said before it.
_LONG = 30
_WHOLE = 8


def read(index: KnowledgeIndex, query: Query) -> tuple[Query, Ranking]:
    """The query as it was understood, with its ranking: as it stands, unless only another reading is sure."""
    ranking = index.rank(query)
    threshold = index.answer_threshold
    if ranking.confidence >= threshold:
        return query, ranking
    tried = [(other, index.rank(other)) for other in alternatives(query, index.vocabulary)]
    understood, best = max(tried, key=lambda item: item[1].confidence, default=(query, ranking))
    if best.confidence < threshold + STRICTER * (1 - threshold):
        return query, ranking
    return understood, replace(best, read_as=understood.text)


def alternatives(query: Query, vocabulary: Vocabulary) -> list[Query]:
    """Other readings of a query, none of them the query itself."""
    readings = {reading.key: reading for reading in _readings(query, _speller(vocabulary))}
    return [reading for key, reading in readings.items() if key not in ("", query.key)]


def _readings(query: Query, speller: Speller) -> Iterator[Query]:
    for text in dict.fromkeys((query.text, question_alone(query.text))):
        characters = speller.from_pinyin(text)
        language = query.language if characters == text else _chinese(query.language)
        yield normalise(speller.with_words(speller.with_sounds(characters)), language)


def _chinese(language: Language) -> Language:
    return Language.SIMPLIFIED if language is Language.ENGLISH else language


def question_alone(text: str) -> str:
    """The last thing that a normalised text asks, without what is said while thinking."""
    spoken = " ".join(_FILLER.sub(" ", text).split())
    if len(spoken) < _LONG:
        return spoken
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(spoken)]
    asking = [sentence for sentence in sentences if _ASKS.search(sentence)] or sentences
    return asking[-1] if asking else spoken


@lru_cache(maxsize=2)
def _speller(vocabulary: Vocabulary) -> Speller:
    """One for a version: the next one replaces it."""
    return Speller(vocabulary)

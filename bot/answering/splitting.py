"""Two questions in one message: where it may be cut, and whether the halves are questions of their own.

Cutting is a guess, so it is made only where each half looks like a question, and it holds only where
the index knows each half by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.answering.reading import surely
from bot.domain import Ranking

MAX_PARTS = 3
# Answers to halves of a sentence must be among this many that are nearest to the whole: else a half was
# taken out of its sense. Those to sentences must be among all its hits.
NEAREST = 6
# Where only a comma or a space cuts, an answer this far below the nearest to the whole is to a half out of
# its sense, in units of score: 插件是什么 个人能用吗.
_FARTHEST = 6.0
# This near to the whole they may stand in for an entry that has something of each.
VERY_NEAREST = 3

_SENTENCE = re.compile(r"[^。？！?!；;\n]+[。？！?!；;\n]*|(?<=\w)\.\s")
_ASKS_CHINESE = re.compile(
    "[吗嗎呢么麼?？]|多少|多久|多[长長大]|(?<![好前我没沒])[几幾][个個天年元块塊次步种種](?!前)|怎|如何|什|哪|谁|誰|"
    "是不是|能不能|可不可以|要不要|会不会|會不會|(?<!确定)(?<!知道)有[没沒]有|是否|能否|区别|區別|[为為]何"
)
_QUESTION_WORD = r"(?:how|what|which|who|whose|when|where|why)\b"
_VERB = r"(?:can|could|do|does|did|is|are|will|would|should|must|may|am|has|have)\s(?!not\b)"
_ASKS_ENGLISH = re.compile(rf"\b{_QUESTION_WORD}|^\W*{_VERB}|\?", re.IGNORECASE)
_CHINESE_CUT = re.compile(
    r"[，,、]?\s*(?:以及|还有|還有|另外|并且|並且|同时|同時|顺便|順便|和|跟)\s*[，,：:]?|[，,]"
    r"|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])"
)
_ENGLISH_CUT = re.compile(
    rf",?\s+(?:and|also|plus|and also)\s+(?={_QUESTION_WORD}|{_VERB})|,\s+(?={_QUESTION_WORD}|{_VERB})",
    re.IGNORECASE,
)
# What points back to the other half: such a half does not stand alone.
_POINTS_BACK = re.compile(
    "[它这這那其该該]|前者|后者|後者|两[个者]|兩[個者]|一样|一樣|分别|分別|各|呢[?？]?$|"
    r"\b(?:it|its|that|this|these|those|they|them|each|either|both|one|ones|then)\b",
    re.IGNORECASE,
)
# What numbers the questions of a list; such a list says itself where to cut.
_NUMBER = (
    r"(?:第?[一二三](?:是|[、.,，：:])|第[一二三][个個]?(?:问题|問題)?[是,，：:\s]|首先|其次|再就是|"
    r"[(（]?(?<!\d)[1-3１-３①②③](?:[)）、：:]|[.．](?!\d))|[①②③]|\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?)\b\s?[,:])"
)
_ITEM = re.compile(_NUMBER, re.IGNORECASE)
_OPENING = re.compile(
    rf"^[\s,，、：:]*(?:(?:{_NUMBER}|另外|还有|還有|以及|并且|並且|同时|同時|顺便|順便|还想问|還想問|想问一?下?|想問一?下?|"
    r"请问|請問|and|also|plus|btw)[\s,，、：:]*)*",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_LEAST_HAN, _LEAST_WORDS = 5, 3


@dataclass(frozen=True)
class Cut:
    """A question in parts, which were sentences already, or were cut at a word, a comma or a space."""

    parts: tuple[str, ...]
    are_sentences: bool = False
    at_word: bool = False


@dataclass(frozen=True)
class Asked:
    """A part with what the index says about it."""

    text: str
    ranking: Ranking

    @property
    def entry_id(self) -> str:
        """The entry nearest to it; empty when there is none."""
        return self.ranking.hits[0].entry_id if self.ranking.hits else ""


def split(
    question: str, rank: Callable[[str], Ranking], whole: Ranking, threshold: float
) -> tuple[Asked, ...]:
    """The parts that are to be answered one by one; none where the question is better taken as a whole.

    ``threshold`` is the confidence from which an answer is given. Parts below it are unknown: they come
    along only after plain sentences, since there the reader surely asked for them.
    """
    if whole.is_exact or whole.is_by_words:
        return ()
    tried = (_parts(cut, rank, whole, threshold) for cut in cuts(question))
    return next(filter(None, tried), ())


def cuts(question: str) -> Iterator[Cut]:
    """Where the question may be cut so that each part looks like a question that stands alone."""
    sentences = [text.strip() for text in _SENTENCE.findall(question)]
    asking = [text for text in sentences if _asks(text)]
    if 1 < len(asking) <= MAX_PARTS:
        parts = tuple(_OPENING.sub("", text) for text in asking)
        if all(map(_stands_alone, parts)):
            yield Cut(parts, are_sentences=True)
    elif len(asking) == 1:
        yield from _inner_cuts(asking[0])


def _inner_cuts(sentence: str) -> Iterator[Cut]:
    yield from _items(sentence)
    pattern = _CHINESE_CUT if _HAN.search(sentence) else _ENGLISH_CUT
    for match in pattern.finditer(sentence):
        parts = (sentence[: match.start()].strip(), _OPENING.sub("", sentence[match.end() :]))
        if all(_asks(part) and _stands_alone(part) for part in parts):
            yield Cut(parts, at_word=len(match[0].strip(" ，,、")) > 0)


def _items(sentence: str) -> Iterator[Cut]:
    """The questions of a numbered list; what stands before it only if that asks nothing."""
    before, *items = _ITEM.split(sentence)
    parts = tuple(item.strip(" ，,、;；") for item in items)
    is_list = 1 < len(parts) <= MAX_PARTS and not _asks(before)
    if is_list and all(_asks(part) and not _POINTS_BACK.search(part) for part in parts):
        yield Cut(parts, at_word=True)


def _asks(text: str) -> bool:
    return (_ASKS_CHINESE if _HAN.search(text) else _ASKS_ENGLISH).search(text) is not None


def _stands_alone(text: str) -> bool:
    is_long = len(_HAN.findall(text)) >= _LEAST_HAN or len(_WORD.findall(text)) >= _LEAST_WORDS
    return is_long and not _POINTS_BACK.search(text)


def _parts(cut: Cut, rank: Callable[[str], Ranking], whole: Ranking, threshold: float) -> tuple[Asked, ...]:
    """The parts where the cut holds, else none; what is left is not ranked once it cannot hold."""
    # A comma or a space alone says little.
    least = threshold if cut.are_sentences or cut.at_word else surely(threshold)
    nearest = _nearest(cut, whole)
    parts: list[Asked] = []
    # A later part is more often the one that does not stand alone.
    for text in reversed(cut.parts):
        part = Asked(text, rank(text))
        is_known = part.ranking.confidence >= least
        if not (part.entry_id in nearest if is_known else cut.are_sentences):
            return ()
        parts.insert(0, part)
    known = [part for part in parts if part.ranking.confidence >= least]
    return tuple(parts) if known and _fits(known, whole, nearest) else ()


def _nearest(cut: Cut, whole: Ranking) -> list[str]:
    """The entries that answers to the parts must be among, nearest first."""
    hits = whole.hits[: None if cut.are_sentences else NEAREST]
    is_plain = cut.are_sentences or cut.at_word
    return [hit.entry_id for hit in hits if is_plain or hit.score >= hits[0].score - _FARTHEST]


def _fits(known: Sequence[Asked], whole: Ranking, nearest: Sequence[str]) -> bool:
    """Whether the parts' answers differ, and no other is both nearer to the whole and surer."""
    ids = {part.entry_id for part in known}
    surest = max(part.ranking.confidence for part in known)
    return len(ids) == len(known) and (
        nearest[0] in ids or ids <= set(nearest[:VERY_NEAREST]) or whole.confidence < surest
    )

"""Whether an answer already tells what a short question asks: a number of the kind it wants, or its words."""

from __future__ import annotations

import re

from bot.domain import Entry

# Share of what a question names that an answer must name too.
_ENOUGH = 0.5
# What asks for nothing but a number: 一年几次, how much is it.
_ONLY_A_NUMBER = re.compile(
    r"(?:[一每](?:年|个?月|天|周|次|共))?(?:总共|最多|最少|大概|一般|具体|能|可以|要|得|收|交|是|有)*[\u3400-\u9fff]?"
    r"(?:多少|几|多久|多长|多大)(?:钱|次|回|个|天|年|个月|人|时间)?"
    r"|how (?:much|many|often|long|big)(?: times| days)?(?: (?:is|does|do) (?:it|that|this)(?: cost| take)?)?"
    r"(?: (?:a|per) (?:year|month|week|day))?"
)
# The kinds of number by the words that ask for them, with what an answer tells them in.
_KINDS = (
    (
        re.compile(r"钱|赚|收费|费用|费率|价|贵|便宜|how much|\b(?:cost|fee|price|charge)s?\b|\bcheap"),
        re.compile(r"\d[\d,.~–～-]* ?(?:万? ?元|%)|cny|免费|\bfree\b"),
    ),
    (re.compile(r"次|回|often|times"), re.compile(r"\d ?次|\d (?:times|changes)|once|twice")),
    (
        re.compile(r"久|长|天|时间|how long|days"),
        re.compile(r"\d ?(?:个?(?:工作)?[日天周月]|小时|(?:working )?(?:day|hour|week|month))"),
    ),
)
_QUESTION_WORDS = re.compile(
    r"什么时候|什么|多少|多久|怎么样|怎么|怎样|如何|为什么|哪|吗|呢|行不行|可不可以|能不能|可以|是不是|有没有|需要|要不要"
    r"|\b(?:what|which|who|when|where|why|how|if|is|are|do|does|did|can|could|should|will|would|a|an|the|i|it|s"
    r"|my|you|your|we|our|us|me|he|she|they|them|this|that|there|to|for|of|in|on|at|by|and|or|be|about|need|have|has|time)\b"
)
# Latin letters from which on a word may have another ending.
_STEM = 4
_UNIT = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")


def tells(entry: Entry, question: str) -> bool:
    """Whether the entry's answer has the number, or names the thing, that ``question`` is about."""
    if asks_number(question):
        return _has_number(entry.short_answer.casefold(), question)
    return is_named(question, entry.answer)


def lacks_number(entry: Entry, question: str) -> bool:
    """Whether ``question`` is about a kind of number, say money, that the answer has none of."""
    return not _has_number(entry.answer.casefold(), question)


def asks_number(question: str) -> bool:
    """Whether a question without linking words names nothing: 一年几次, how much is it."""
    return _ONLY_A_NUMBER.fullmatch(question) is not None


def is_named(question: str, text: str) -> bool:
    """Whether a text has enough of the words, and of the characters in pairs, that a question is about."""
    text = text.casefold()
    pieces = _UNIT.findall(_QUESTION_WORDS.sub(" ", question))
    units = sum(1 if piece.isascii() else len(piece) for piece in pieces)
    return sum(_named(piece, text) for piece in pieces) >= max(_ENOUGH * units, 1)


def _has_number(answer: str, question: str) -> bool:
    return all(number.search(answer) for asked, number in _KINDS if asked.search(question))


def _named(piece: str, answer: str) -> int:
    """How many units of a piece are named: a Latin word is one, a character one with its neighbour."""
    if piece.isascii():
        end = "" if len(piece) >= _STEM else r"\b"
        return int(re.search(rf"\b{piece}{end}", answer) is not None)
    pairs = [i for i in range(len(piece) - 1) if piece[i : i + 2] in answer]
    return len({place for i in pairs for place in (i, i + 1)})

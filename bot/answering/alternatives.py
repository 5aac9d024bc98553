"""The first, the latter: which of the things that an answered question compares a follow-up points at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

_ZH_PLACE = re.compile(
    r"第([一二三1-3])(?:种|类|组)|([前后])者|([前后])一(?:种|类|组)|第([一二三1-3])个?(?=呢)"
    r"|([前后])(?:面|边|一)的?(?:那|这)?(?:一)?个"
)
_EN_PLACE = re.compile(
    r"\b(?:the )?(first|second|third|former|latter)"
    r"(?: (?:kind|type|sort|group|one)s?(?: of mini programs?)?\b|(?=[\s?!.]*$))"
)
_ZH_ALL = re.compile(r"(?:两者|二者|这[两二]者|[这那它]们?(?:[两二][个种类]|俩))(?:之间)?")
_EN_ALL = re.compile(r"\b(?:(?:the|these|those) two|both(?: of them)?)(?: (?:kind|type|sort)s)?\b")
_PLACES = {"一": 0, "1": 0, "前": 0, "first": 0, "former": 0, "二": 1, "2": 1, "second": 1}
_PLACES |= {"三": 2, "3": 2, "third": 2, "后": -1, "latter": -1}
_ZH_BETWEEN = re.compile(r"和|与|跟|还是|、")
_EN_BETWEEN = re.compile(r",? (?:and|or|versus|vs) ")
# What is said before and after the things compared: 微信官方把小程序分成(普通)和(电商)两类吗.
_ZH_BEFORE = re.compile(r"分成|分为|只有|算|给|在|把|用|[，,。：:“”]")
_ZH_AFTER = re.compile(r"小程序|哪|有|的|在|各|类|两|差|该|选|分别|可以|需要|是|靠|上线|[，,。：:“”?？]")
_EN_BEFORE = re.compile(r"\b(?:between|an?|the|of|for|do|does|my|from|is|are|only|kinds)\b|[,:]")
_EN_AFTER = re.compile(r"\b(?:mini|programs?|is|are|differ|has|have|what|which|for|in)\b|[,:?]")
_MOST = 24


def pointed_at(text: str, questions: Iterable[str]) -> str | None:
    """``text`` with the things it points at by place, or all together, in words; None when it points at none.

    ``questions`` are those answered so far, last first: the last that compares anything counts.
    """
    compared = next((things for things in map(alternatives, questions) if things), ())
    return (_with_all(text, compared) or _with_one(text, compared)) if compared else None


def _with_one(text: str, compared: Sequence[str]) -> str | None:
    found = _ZH_PLACE.search(text) or _EN_PLACE.search(text)
    place = _PLACES[next(filter(None, found.groups()))] if found else len(compared)
    return _replaced(text, found, compared[place]) if found and place < len(compared) else None


def _with_all(text: str, compared: Sequence[str]) -> str | None:
    if found := _ZH_ALL.search(text):
        return _replaced(text, found, "和".join(compared))
    found = _EN_ALL.search(text)
    return _replaced(text, found, " and ".join(compared)) if found else None


def _replaced(text: str, found: re.Match[str], thing: str) -> str:
    return f"{text[: found.start()]}{thing}{text[found.end() :]}".strip()


def alternatives(question: str) -> Sequence[str]:
    """What a question compares: 普通 and 电商; nothing where it compares nothing."""
    text = question.casefold()
    is_chinese = _ZH_BETWEEN.search(text) is not None
    between, before, after = (
        (_ZH_BETWEEN, _ZH_BEFORE, _ZH_AFTER) if is_chinese else (_EN_BETWEEN, _EN_BEFORE, _EN_AFTER)
    )
    pieces = between.split(text)
    lefts = [before.split(left)[-1].strip() for left, _ in pairwise(pieces)]
    things = [after.split(left)[0].strip() or left for left in lefts]
    things.append(after.split(before.split(pieces[-1].strip())[0] or pieces[-1])[0].strip())
    return things if len(things) > 1 and all(thing and len(thing) <= _MOST for thing in things) else ()

"""Choosing among offered questions, and asking for more: what a short message means after an offer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.answering.normalising import normalise
from bot.domain import Language

_MORE = (
    "继续|更多|展开|展开全部|全部|看全部|下一页|接着说|继续说|说下去|然后呢|还有呢|详细点|详细一点|说详细点|再详细点",
    "详细说说|具体点|具体说说|展开说说|多说一点",
    "more|show more|show all|continue|go on|read more|tell me more|more detail|more details|more please",
    "please continue|in more detail|can you tell me more",
    "为什么|为什么呢|为什么啊|这是为什么|为啥|为啥呢|为何|什么原因",
    "why|why not|why is that|why so|how come|but why",
)
_IN_ANOTHER_LANGUAGE = re.compile(
    r"(?:(?:请|麻烦|能|可以|能不能|可不可以|canyou|couldyou|please|now|and|sayit|saythat|answer)*"
    r"(?:用|说|讲|换成|换|改成|切换成?|翻译成?|in|speak)?)"
    r"(?P<language>简体(?:中文)?|繁体(?:中文)?|中文|汉语|普通话|国语|英文|英语|simplifiedchinese|traditionalchinese|chinese|english)"
    r"(?:字|版|的)?(?:再?(?:说|讲|回答|回复|写|解释|翻译)(?:一下|一遍|一次)?)?(?:吗|吧|呢|谢谢|please|version)*"
)
_LANGUAGES = dict.fromkeys(("繁体", "繁体中文", "traditionalchinese"), Language.TRADITIONAL)
_LANGUAGES |= dict.fromkeys(("英文", "英语", "english"), Language.ENGLISH)
_NUMBER = re.compile(
    r"(?:我?(?:选择|选|要|看|就)?第?|(?:the)?(?:no|number|option|choice)?)"
    r"([1-9一二三四五])(?:个|条|项|题|号|点)?(?:问题|呢|吧|please)?"
)
_ORDINAL = re.compile(
    r"(?:the|that)?(first|second|third|1st|2nd|3rd)(?:one|option|question|choice)?(?:please)?"
)
_FIRST = re.compile(r"(?:the)?(?:前面|前一|前边|上面|最上面|former)(?:那|的)?(?:一)?(?:个|条|项|one)?")
_LAST = re.compile(
    r"(?:我?(?:选|要|看|就))?(?:the|that)?(?:最后|最末|末尾|最下面|后面|后一|后边|下面|last|latter)"
    r"(?:那|的)?(?:一)?(?:个|条|项|题|one|option)?(?:please)?"
)
_VALUES = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "first": 1, "second": 2, "third": 3}
_VALUES |= {"1st": 1, "2nd": 2, "3rd": 3}
_PIECE = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_POINTING = re.compile(r"的?(?:那个|这个|那一个|那条)$|^(?:我想问|我问的是|关于|那个(?!人)|这个(?!人))")
_MARKED = re.compile(
    r"[^,，。?？!！]{2,12}的?那(?:一)?[个条项]|(?:the|that) [a-z0-9' -]{2,30} (?:one|question)[.!]?"
)
_EMPTY_WORDS = frozenset(
    ("the", "a", "an", "one", "ones", "that", "this", "about", "for", "of", "in", "is", "i", "mean", "want")
) | frozenset(("to", "my", "me"))
# Share of a message's words that one offered question, and no other, must hold to be what is meant.
_COVERED = 0.6


def asks_for_more(key: str) -> bool:
    """Whether a normalised message wants the rest of the last answer."""
    return key in _more()


@cache
def _more() -> frozenset[str]:
    return frozenset(normalise(said).key for line in _MORE for said in line.split("|"))


def asked_language(key: str) -> Language | None:
    """The language in which a normalised message wants to hear the last answer again."""
    found = _IN_ANOTHER_LANGUAGE.fullmatch(key)
    return _LANGUAGES.get(found["language"], Language.SIMPLIFIED) if found else None


def chosen_number(key: str) -> int | None:
    """The number that a normalised message names: 2, 第二个, second."""
    match = _ORDINAL.fullmatch(key) or _NUMBER.fullmatch(key)
    if match is None:
        return None
    word = match[1]
    return _VALUES.get(word) or int(word)


def chosen_by_place(key: str, count: int) -> int | None:
    """Which of ``count`` offers a normalised message names by number or place, from 0; None = none."""
    if not count:
        return None
    if _LAST.fullmatch(key):
        return count - 1
    if _FIRST.fullmatch(key):
        return 0
    number = chosen_number(key)
    return number - 1 if number is not None and number <= count else None


def marks_choice(text: str) -> bool:
    """Whether a message says that it names one of several: 费用那个, the fee one."""
    return _MARKED.fullmatch(text) is not None


def chosen_by_words(text: str, offers: Sequence[str]) -> int | None:
    """Which offered question holds the words of ``text`` that the others lack, from 0; None = not clear."""
    words = _words(text) - _EMPTY_WORDS
    held = [words & _words(offer) for offer in offers]
    own = [mine - set().union(*held[:i], *held[i + 1 :]) for i, mine in enumerate(held)]
    named = [i for i, mine in enumerate(own) if mine]
    is_clear = len(named) == 1 and len(held[named[0]]) >= _COVERED * len(words)
    return named[0] if is_clear else None


def _words(text: str) -> set[str]:
    """Latin words, and pairs of Chinese characters."""
    pieces = _PIECE.findall(_POINTING.sub("", normalise(text).text))
    latin = {piece for piece in pieces if piece.isascii()}
    chinese = [piece for piece in pieces if not piece.isascii()]
    pairs = {piece[i : i + 2] for piece in chinese for i in range(max(len(piece) - 1, 1))}
    return latin | pairs

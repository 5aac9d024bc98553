"""Whether a question needs what was said before it, and what is left of it without the linking words."""

from __future__ import annotations

import re
from enum import IntEnum

from bot.domain import Language, Query

# Said before anything, and meaning nothing for it.
_FILLER = re.compile(r"(?:(?:嗯|哦|噢|好的|好吧|ok(?:ay)?\b|well\b)[,，、。.!！\s]*)+")
_ZH_OPENER = re.compile(
    r"(?:(?:那么|那|然后|还有|另外|其他|如果是|如果|要是|假如|换成|换做|对于|至于|关于|再问一下|我想问|还想问|顺便问一下|顺便|或者|以及"
    r"|但是|但|和|跟|与|同)[,，、\s]*)+"
)
_ZH_END = re.compile(r"(?:的话|的|比)?(?:呢|啊|呀|吧|哦|嘛)+[?？!！。.\s]*$|的话[?？!！。.\s]*$")
_ZH_LINKING_END = re.compile(r"(?:呢|的话)[?？!！。.\s]*$")
_EN_OPENER = re.compile(
    r"(?:(?:and|but|or|so|then|also|what about|how about|what if (?:i am|i'm|it is|it's)"
    r"|in (?:the )?case of|as for|regarding|(?:the )?same for)\b[,\s]*)+"
)
# What remains before the noun once the opener is gone: "for a restaurant" is about "restaurant".
_EN_LINK = re.compile(r"(?:(?:for|with|on|in|of|to|a|an|the|my)\b\s*)+")
_EN_PREPOSITION = re.compile(r"(?:for|with|on|in)\b")
_EN_END = re.compile(r"(?:\s+(?:ones?|too|then|instead|as well|though|please))*[?!.\s]*$")
_ZH_POINTER = re.compile(
    "它|其(?!他|它|实)|这个|那个(?!人)|这种|那种|这样|那样|这些|那些|上面|上述|前面|刚才|刚刚|刚说|之前说|你说的|你提到|同样|也(?:可以|要|能|需要|得|一样)"
)
_EN_POINTER = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|their|there|the same|what if|you (?:said|mentioned)|above"
    r"|such|(?:which|the \w+) ones?|other (?:ones?|kinds?|types?))\b"
)
# What makes a question of a phrase: without any of it, "那电商的呢" only names what it is about.
_ZH_PREDICATE = re.compile(
    "什么|多少|多久|多长|多大|几|怎|如何|哪|吗|么|能|可以|可不可|要|是否|是不是|为何|谁|何时|会|有没有|区别|(?<![预打])算|行不行"
)
_EN_PREDICATE = re.compile(
    r"\b(?:what(?! about\b)|which|who|whom|whose|when|where|why|how(?! about\b)|is|are|was|were"
    r"|do|does|did|can|could|may|must|should|will|would|has|have|need|needs|am)\b"
)
# The subject that every question here is about: one that names it stands on its own feet.
_SUBJECT = re.compile(r"小程序|小游戏|mini[ -]?(?:program|app|game|shop)|微信|wechat")
_THIS_SUBJECT = re.compile(
    rf"(?:这个|那个|这种|那种|这些|那些|\b(?:this|that|these|those|the)\b)\s*(?:{_SUBJECT.pattern})"
)
_ANY_SUBJECT = "小程序"
_SHORT = {"zh": 9, "en": 6}
# So many more words may go with a linking or pointing one: 那刚才说的那个要怎么弄.
_LINKING = 4
_LATIN_OR_CHARACTER = re.compile(r"[a-z0-9'’-]+|[\u3400-\u9fff]")


class Dependence(IntEnum):
    """How much a question leans on the one before."""

    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2


def dependence(query: Query) -> Dependence:
    """Judged by the question's own words alone."""
    if not is_short(query):
        return Dependence.NONE
    is_linked = _is_linked(query)
    if is_linked and not _asks(core(query)):
        return Dependence.CERTAIN
    if _SUBJECT.search(query.text):
        return _beside_subject(query.text)
    return Dependence.CERTAIN if is_linked or _points(query.text) else Dependence.POSSIBLE


def _beside_subject(text: str) -> Dependence:
    """What names the subject may point back all the same: 它能放到小程序里吗, but not 这个小程序."""
    text = _THIS_SUBJECT.sub(_ANY_SUBJECT, text)
    if not _points(text):
        return Dependence.NONE
    subject = _SUBJECT.search(text)
    return Dependence.CERTAIN if subject and _pointer_in(text[: subject.start()]) else Dependence.POSSIBLE


def is_short(query: Query) -> bool:
    """Whether it has so few words that it can hardly say all."""
    says_so = _is_linked(query) or _points(query.text)
    limit = _SHORT[query.language.knowledge] + (_LINKING if says_so else 0)
    return len(_LATIN_OR_CHARACTER.findall(query.text)) <= limit


def is_question(query: Query) -> bool:
    """Whether it asks anything by itself, as opposed to naming something."""
    return _asks(query.text)


def core(query: Query) -> str:
    """The question without its linking words: 那电商的呢 -> 电商; never empty unless the question is."""
    text = _without_filler(query)
    for opener, end in ((_ZH_OPENER, _ZH_END), (_EN_OPENER, _EN_END)):
        opened = _cut(opener, text)
        if opener is _EN_OPENER and not _asks(opened):
            opened = _cut(_EN_LINK, opened)
        text = end.sub("", opened) or text
    return text


def _without_filler(query: Query) -> str:
    text = query.text.strip()
    return _cut(_FILLER, text) or text


def _cut(start: re.Pattern[str], text: str) -> str:
    found = start.match(text)
    return text[found.end() :] if found else text


def _is_linked(query: Query) -> bool:
    text = _without_filler(query)
    if _is_fragment(text):
        return True
    if query.language is Language.ENGLISH:
        return _EN_OPENER.match(text) is not None or _EN_PREPOSITION.match(text) is not None
    return _ZH_OPENER.match(text) is not None or _ZH_LINKING_END.search(text) is not None


def _is_fragment(text: str) -> bool:
    """Whether it asks by its mark alone: every week?"""
    return text.endswith(("?", "？")) and not _asks(text)


def _points(text: str) -> bool:
    """Whether a question points at something said; 原来是这样 asks nothing."""
    return _pointer_in(text) and _asks(text)


def _pointer_in(text: str) -> bool:
    return _ZH_POINTER.search(text) is not None or _EN_POINTER.search(text) is not None


def _asks(text: str) -> bool:
    return _ZH_PREDICATE.search(text) is not None or _EN_PREDICATE.search(text) is not None

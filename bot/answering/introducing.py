"""What people say of themselves before they ask: it goes on counting for the short questions after it."""

from __future__ import annotations

import re
from itertools import takewhile

from bot.answering.dependence import is_question
from bot.answering.normalising import normalise
from bot.domain import Language, Query

# Somebody, or somebody close, who is, has, runs or wants something; wanting to ask is nothing of that kind.
_ZH_CLOSE = (
    "老板|朋友|同事|客户|爸爸?|妈妈?|父亲|母亲|爸妈|哥哥?|弟弟?|姐姐?|妹妹?"
    "|老公|老婆|先生|太太|丈夫|妻子|儿子|女儿"
)
_ZH_SELF = re.compile(
    r"(?:你好|您好|哈喽|请问|那个)*[,，、\s]*(?:我们?|咱们?|本人|我家|我哋|本公司|我公司)"
    rf"(?:这边|家|现在|目前|自己|的?公司|的?(?:{_ZH_CLOSE}))*"
    r"(?:就?是(?!不是|想问|说)|係|有(?!点)|开|在|做|卖|种|养|经营|打算|准备|计划|想(?!问|知道|了解|请问)|要(?!问))"
)
_EN_CLOSE = "boss|friend|client|father|mother|parents|brother|sister|wife|husband|son|daughter"
_EN_SELF = re.compile(
    rf"(?:hi|hello|hey)?[,!\s]*(?:i|we|(?:my|our) (?:{_EN_CLOSE})s?)"
    r"(?:'m|'re|'d|'s| am| are| is| have| has| runs?| owns?| sells?| makes?| grows?| wants?| would)\b"
    r"(?! (?:asking|wondering|sorry|not sure|confused|to know|to ask|like to know))"
)
# How somebody goes on about themselves: 我是老师，想卖网课.
_GOES_ON = re.compile(
    r"(?:现在|目前|也|还|又|就|正)*(?:想|要|打算|准备|计划|在|有|没有?|做|卖|开|是)"
    r"|(?:and|i|we|want|would|have|no)\b"
)
_CLAUSE = re.compile(r"[。.!！?？;；,，、\n]\s*|\s+(?=[\u3400-\u9fff])")
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
# A word or two says too little, a story too much.
_LEAST, _MOST = 4, 24


def introduction(query: Query) -> str:
    """What a message says of who asks, as far as it asks nothing; empty where it says nothing of that."""
    opened = _ZH_SELF.match(query.text) or _EN_SELF.match(query.text)
    if opened is None:
        return ""
    first, *others = _CLAUSE.split(query.text[opened.end() :])
    if is_question(normalise(first)):
        return ""
    plain = takewhile(lambda clause: _GOES_ON.match(clause) and not is_question(normalise(clause)), others)
    between = " " if query.language is Language.ENGLISH else ""
    said = f"{opened[0]}{f',{between}'.join([first, *plain])}"
    return said if _LEAST <= len(_UNIT.findall(said)) <= _MOST else ""


def with_introduction(said: str, question: str) -> str:
    """One message of both."""
    return f"{said}{', ' if said.isascii() else '，'}{question}"

"""Being put right: what somebody means who says what they do not mean, or that no offer is meant."""

from __future__ import annotations

import re

from bot.answering.dependence import is_question
from bot.answering.normalising import normalise

_REFUSAL = re.compile(
    r"(?:这些|那些|以上|上面(?:的|这些)?|好像|全)?"
    r"(?:都不(?:是|对|行)(?:我?(?:要|想要|想问|问)的)?|都?(?:没有|不是)(?:我?(?:要|想要|想问|问)|对)的)"
    r"(?:问题)?(?:啊|呀|哦|呢|吧)?"
    r"|(?:no)?(?:none(?:of(?:these|those|them|theabove))?|neither(?:ofthem)?|not(?:these|those))(?:sorry|thanks)?"
)
_WRONG = r"(?P<wrong>[^,，、。.;；!！?？]{0,16}?)"
_ZH = re.compile(
    r"(?:(?:哦|啊|额|呃|嗯)[,，\s]*)?[都也]*不(?:是|对)"
    rf"(?:[这那](?:个|些)?(?:啊|呀|哦|啦)?|(?:说|问|指|要)?{_WRONG})[,，、。;；!！\s]+"
    r"(?:我|而|就)*(?:(?:是|想)*(?:说|问|指|要)的?(?:是|就是)?|意思是|是)*(?P<meant>[^,，、。;；].+)"
)
_EN = re.compile(
    rf"(?:no|nope|none of (?:these|those|them)|not {_WRONG})[,.;!\s]+(?:sorry[,.;!\s]+)?"
    r"(?:but |(?:but )?(?:i|we|it|that)(?:'m| am| was|'s| is)?"
    r"(?: (?:mean|meant|asking about|asking|want to know))?(?: about)?[,:\s]+)(?P<meant>.+)"
)


def refuses(key: str) -> bool:
    """Whether a normalised message says that nothing of what was offered is meant."""
    return _REFUSAL.fullmatch(key) is not None


def corrected(question: str, asked: str) -> str:
    """What is meant by a question that puts right the one ``asked`` before, or the reply to it.

    What stands in the question before is replaced there. A question of any other kind is left as it is.
    """
    query = normalise(question)
    found = _ZH.fullmatch(query.text) or _EN.fullmatch(query.text)
    if found is None:
        return question
    wrong, meant = (found["wrong"] or "").strip(), found["meant"].strip()
    is_swap = bool(wrong) and wrong in asked and not is_question(normalise(meant))
    if is_swap:
        return asked.replace(wrong, meant)
    if is_question(normalise(meant)):
        return meant
    return f"what about {meant}" if query.text.isascii() else f"那{meant}呢"

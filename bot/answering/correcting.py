"""Being put right: what somebody means who says what they do not mean, or that nothing offered or told is."""

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
# What is said of an answer to something else than what was asked.
_ZH_COMPLAINT = (
    r"(?:你|您|这|那|是|啊|哎|唉|喂|好像|根本|怎么|又|都|也|完全)*"
    r"(?:答非所问|所答非所问|(?:没|没有|不)(?:在)?(?:回答|答)(?:到)?(?:我的?)?(?:问题|点子上)?"
    r"|(?:答|回答|理解|搞|弄)错了?|文不对题|不是我(?:要|想|想要)?(?:问|知道|了解)?的(?:问题)?"
    r"|我(?:问|要问|想问|说)的?不是(?:这个|那个|这些)"
    r"|没(?:听|看|搞|弄)?懂我的?(?:意思|问题))(?:了|啊|呀|吧|哦|呢|嘛)*"
)
_EN_COMPLAINT = (
    r"(?:no[,.!\s]*)?(?:sorry[,.!\s]*)?(?:but )?"
    r"(?:(?:that|this|it)(?:'s| is|s)? ?not what i(?:'m| am|'ve| was)? ?"
    r"(?:asked|ask|asking|meant|mean|wanted|want)(?: to know)?(?: about| for)?"
    r"|(?:that|this|it) (?:doesn't|does not|didn't|did not) answer (?:my question|it|that)"
    r"|you (?:didn't|did not|haven't|have not|aren't|are not) (?:answer(?:ed|ing)?|understand|understood)"
    r"(?: (?:my question|me|it|that))?|you(?:'ve)? (?:misunderstood|got (?:it|me|that) wrong)(?: me)?"
    r"|(?:that's |that is )?(?:the )?wrong (?:answer|question))"
)
_COMPLAINT = re.compile(rf"(?:{_ZH_COMPLAINT}|{_EN_COMPLAINT})[\s。.!！?？~]*")
_WRONG = r"(?P<wrong>[^,，、。.;；!！?？]{0,16}?)"
_ZH = re.compile(
    rf"(?:(?:哦|啊|额|呃|嗯)[,，\s]*)?(?:{_ZH_COMPLAINT}|[都也]*不(?:是|对)"
    rf"(?:[这那](?:个|些)?(?:啊|呀|哦|啦)?|(?:说|问|指|要)?{_WRONG}))[,，、。;；!！\s]+"
    r"(?:我|而|就)*(?:(?:是|想)*(?:说|问|指|要)的?(?:是|就是)?|意思是|是)*(?P<meant>[^,，、。;；].+)"
)
_EN = re.compile(
    rf"(?:{_EN_COMPLAINT}|no|nope|none of (?:these|those|them)|not {_WRONG})[,.;!\s]+(?:sorry[,.;!\s]+)?"
    r"(?:but |(?:but )?(?:i|we|it|that)(?:'m| am| was|'s| is)?"
    r"(?: (?:mean|meant|asking about|asking|asked|want to know))?(?: about)?[,:\s]+)(?P<meant>.+)"
)


def refuses(key: str) -> bool:
    """Whether a normalised message says that nothing of what was offered is meant."""
    return _REFUSAL.fullmatch(key) is not None


def complains(text: str) -> bool:
    """Whether a normalised message says that the answer was not to what was asked, and no more."""
    return _COMPLAINT.fullmatch(text) is not None


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

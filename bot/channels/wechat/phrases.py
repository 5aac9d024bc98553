"""What the WeChat channels say around answers, by knowledge language, and the words they obey."""

from __future__ import annotations

import re
from dataclasses import dataclass

MORE_ID = "more"
_MORE = frozenset(
    [
        "继续",
        "更多",
        "展开",
        "展开全部",
        "全部",
        "看全部",
        "下一页",
        "接着说",
        "继续说",
        "more",
        "showmore",
        "showall",
        "continue",
        "goon",
        "readmore",
    ]
)
_NUMBER = re.compile(r"(?:第|no|number|option|选|选择)?([1-9一二三四五])(?:个|条|项|题|号)?")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "firstone": 1, "secondone": 2, "thirdone": 3}
_CHINESE_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}


@dataclass(frozen=True)
class Phrases:
    """One language's words."""

    more: str
    more_by_word: str
    nothing_more: str
    next_questions: str
    starters: str
    by_number: str
    please_type: str
    away: str
    ask_by_message: str
    welcome: str


CHINESE = Phrases(
    more="展开全部",
    more_by_word="回复“继续”查看全部。",
    nothing_more="没有更多内容了，可以直接问下一个问题。",
    next_questions="你可能还想问：",
    starters="可以这样问我：",
    by_number="回复数字即可选择。",
    please_type="我只看得懂文字，请把问题打成文字发给我。",
    away="现在没有人工客服在线，请在工作时间再联系，或先把问题发给我试试。",
    ask_by_message="请直接发送“转人工”，我就为你转接人工客服。",
    welcome="你好！我可以回答小程序类型方面的问题，直接问我就行。",
)
ENGLISH = Phrases(
    more="Show all",
    more_by_word='Reply "more" to read on.',
    nothing_more="There is nothing more to show. Just ask your next question.",
    next_questions="You may also ask:",
    starters="You can ask me:",
    by_number="Reply with a number to choose.",
    please_type="I can only read text. Please type your question.",
    away="Nobody is here right now. Please come back in office hours, or try asking me.",
    ask_by_message='Please send the words "human agent", and I will put you through.',
    welcome="Hello! I answer questions about mini program types. Just ask.",
)


def phrases(knowledge_language: str) -> Phrases:
    """The words for ``zh`` or ``en``."""
    return ENGLISH if knowledge_language == "en" else CHINESE


def asks_for_more(key: str) -> bool:
    """Whether a normalised message wants the rest of the last answer."""
    return key in _MORE


def chosen_number(key: str) -> int | None:
    """The number that a normalised message names: 2, 第二个, second."""
    if key in _ORDINALS:
        return _ORDINALS[key]
    match = _NUMBER.fullmatch(key)
    return _CHINESE_DIGITS.get(match[1]) or int(match[1]) if match else None

"""What the WeChat channels say around answers, by knowledge language."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.script import to_traditional
from bot.domain import Language

MORE_ID = "more"


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
    judge: str
    useful: str
    useless: str
    judge_by_word: str
    thanks: str
    sorry: str
    sorry_or_human: str
    not_noted: str
    too_fast: str
    too_many: str


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
    judge="这个回答有帮助吗？",
    useful="有用",
    useless="没用",
    judge_by_word="回复“有用”或“没用”即可。",
    thanks="谢谢，已经记下了。",
    sorry="谢谢，已经记下了。抱歉没帮上忙，可以换个说法再问我。",
    sorry_or_human="谢谢，已经记下了。抱歉没帮上忙，可以换个说法再问我，或发送“转人工”找人工客服。",
    not_noted="谢谢，不过这次评价没能记下。有问题请直接问我。",
    too_fast="消息太快了，我跟不上。请稍等一会儿再问我。",
    too_many="现在咨询的人太多，我忙不过来。请稍后再发一次。",
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
    judge="Was this helpful?",
    useful="Helpful",
    useless="Not helpful",
    judge_by_word='Reply "helpful" or "not helpful".',
    thanks="Thank you, that is noted.",
    sorry="Thank you, that is noted. I am sorry it did not help. Try asking in other words.",
    sorry_or_human=(
        "Thank you, that is noted. I am sorry it did not help. "
        'Try asking in other words, or send "human agent" to reach a person.'
    ),
    not_noted="Thank you, but this could not be noted. Just ask your next question.",
    too_fast="That was too fast for me. Please wait a moment and ask again.",
    too_many="Too many people are asking at once. Please send that again in a moment.",
)


def phrases(knowledge_language: str) -> Phrases:
    """The words for ``zh`` or ``en``."""
    return ENGLISH if knowledge_language == "en" else CHINESE


def in_script(text: str, language: Language, like: str = "") -> str:
    """Chinese words in the script of a language; with Taiwan's words where the message ``like`` uses them."""
    return to_traditional(text, like=like) if language is Language.TRADITIONAL else text

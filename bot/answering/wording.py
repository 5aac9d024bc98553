"""The sentences that the bot says in its own voice, by knowledge language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import Entry, Grade

CHECK_AT = "mp.weixin.qq.com"


@dataclass(frozen=True)
class Wording:
    """One language's sentences; ``{...}`` marks what is filled in."""

    abstain: str
    abstain_near: str
    clarify: str
    dated: str
    reported: str
    conflicting: str
    no_date: str
    about: str
    unknown: str
    failed: str

    def doubt(self, entry: Entry) -> str:
        """The sentence, still undated, for an answer that can go stale or is weakly founded; else empty."""
        return {
            Grade.REPORTED: self.reported,
            Grade.CONFLICTING: self.conflicting,
        }.get(entry.grade, self.dated if entry.is_volatile else "")

    def caveat_about(self, doubt: str, as_of: str, leads: Sequence[str]) -> str:
        """A doubt with its date, and with the leads of the parts it is about, if any."""
        about = self.about.format(parts=", ".join(leads)) if leads else ""
        return doubt[0] + about + doubt[1:].format(as_of=as_of or self.no_date, where=CHECK_AT)


CHINESE = Wording(
    abstain="抱歉，这个问题我没有可靠的答案，不想乱说。",
    abstain_near="你是不是想问：",
    clarify="我不太确定你想问的是哪一个，请选一个，或换个说法再问：",
    dated="（信息截至 {as_of}，可能已有变化，操作前请到微信公众平台后台 {where} 核对。）",
    reported="（以上来自第三方说法，截至 {as_of}，未经微信官方证实，请到微信公众平台后台 {where} 核对。）",
    conflicting="（各处资料说法不一，信息截至 {as_of}，请以微信公众平台后台 {where} 显示的为准。）",
    no_date="本知识库整理之日",
    about="关于“{parts}”：",
    unknown="另外，关于“{question}”，我没有可靠的答案，不想乱说。",
    failed="抱歉，服务暂时出了点问题，请稍后再试。",
)
ENGLISH = Wording(
    abstain="Sorry, I have no reliable answer to that, and I would rather not guess.",
    abstain_near="Did you mean:",
    clarify="I am not sure which of these you mean. Please choose one, or ask in other words:",
    dated="(As of {as_of}; this may have changed. Please check {where} before you act.)",
    reported=(
        "(Reported by third parties as of {as_of}, not confirmed by WeChat. "
        "Please check {where} before you act.)"
    ),
    conflicting=("(Sources disagree; as of {as_of}. Please go by what {where} shows before you act.)"),
    no_date="the day this was compiled",
    about="On “{parts}”: ",
    unknown="As for “{question}”: I have no reliable answer to that, and I would rather not guess.",
    failed="Sorry, something went wrong on our side. Please try again in a moment.",
)


def wording(knowledge_language: str) -> Wording:
    """The sentences for ``zh`` or ``en``."""
    return ENGLISH if knowledge_language == "en" else CHINESE

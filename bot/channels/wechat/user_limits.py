"""How much one WeChat user may write, and what becomes of the rest: told once, then silence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate
from bot.wechat.messages import Event, Push, PushKind

# A notice is a message too, and a mini program may send only so many.
ONE_NOTICE = Rate(1, 60)


class Admission(Enum):
    """What a push gets."""

    ANSWERED = auto()
    TOLD = auto()
    SILENCE = auto()


@dataclass(frozen=True)
class UserLimits:
    """``messages`` that are answered, and ``notices`` that there were too many."""

    messages: Allowance
    notices: Allowance

    def admit(self, channel: str, push: Push) -> Admission:
        """What a push gets, which is counted; events that say how things stand are always heard."""
        if is_always_heard(push):
            return Admission.ANSWERED
        who = f"{channel}\0{push.sender}"
        if not self.messages.take(who):
            return Admission.ANSWERED
        return Admission.SILENCE if self.notices.take(who) else Admission.TOLD


def is_always_heard(push: Push) -> bool:
    """Whether it says how things stand, and asks for nothing."""
    return push.kind is PushKind.EVENT and push.event != Event.CLICK


def no_limits() -> UserLimits:
    """For an account whose users are not counted."""
    unlimited = Allowance(None, "", Moments())
    return UserLimits(unlimited, unlimited)

"""Asking a user now and then whether an answer helped, and understanding what comes back."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from bot.answering.normalising import normalise
from bot.channels.wechat.phrases import Phrases
from bot.domain import AskedQuestion, Judgement, Offer, OutcomeKind, Verdict

_DAY = 24 * 3600.0
# What is surer than this is rarely wrong, and a verdict on it teaches little. Questions met word for word and
# chosen suggestions are; of questions in new words a third.
SURE = 0.8
_MENU_ID = "feedback-"
_WORDS = {
    Verdict.UP: "有用|很有用|有用谢谢|有帮助|很有帮助|赞|强|helpful|very helpful|useful|very useful"
    "|thumbs up|strong",
    Verdict.DOWN: "没用|没有用|没啥用|无用|没帮助|没有帮助|踩|弱|not helpful|unhelpful|not useful|useless"
    "|thumbs down|weak",
}
_THUMBS = {"\U0001f44d": Verdict.UP, "\U0001f44e": Verdict.DOWN}
_TONES = re.compile(r"[\U0001f3fb-\U0001f3ff\ufe0f\s]")


class Asking(StrEnum):
    """How often users are asked for a verdict."""

    OFF = "off"
    SPARING = "sparing"
    ALWAYS = "always"


def asks_verdict(asking: Asking, asked: AskedQuestion, last: Offer | None, now: float) -> bool:
    """Whether to ask what the reply to a question was worth; ``now`` in seconds since the epoch.

    Sparing: a user is asked once a day, and after an answer of which the bot is not sure.
    """
    if asking is Asking.OFF or asked.outcome != OutcomeKind.ANSWER:
        return False
    is_due = last is None or now - last.at >= _DAY
    return asking is Asking.ALWAYS or (is_due and asked.confidence < SURE)


def menu_id(request_id: str) -> str:
    """The id of taps that judge the answer to a request."""
    return _MENU_ID + request_id


def judgement(content: str, tapped: str, offer: Offer | None) -> Judgement | None:
    """What a message says of the answer that is its sender's to judge; None when it is no verdict.

    ``tapped``: the message's menu id, which WeChat may leave out; the id of another answer judges nothing.
    """
    is_named = tapped.startswith(_MENU_ID)
    verdict = _verdict(content) if offer or is_named else None
    if verdict is None:
        return None
    is_theirs = offer and (tapped == menu_id(offer.request_id) if is_named else offer.is_last)
    return Judgement(offer.request_id if offer and is_theirs else "", verdict)


def thanks(judged: Judgement, words: Phrases, *, has_human: bool) -> str:
    """What to say to a judgement: after a bad one, what else the user can do."""
    if not judged.request_id:
        return words.not_noted
    if judged.verdict is Verdict.UP:
        return words.thanks
    return words.sorry_or_human if has_human else words.sorry


def _verdict(content: str) -> Verdict | None:
    # Thumbs come in any colour and number, WeChat's own faces as words: [强].
    characters = "".join(set(_TONES.sub("", content)))
    return _THUMBS.get(characters) or _verdicts().get(normalise(content).key)


@cache
def _verdicts() -> dict[str, Verdict]:
    return {normalise(word).key: verdict for verdict, words in _WORDS.items() for word in words.split("|")}

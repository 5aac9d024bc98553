"""Pushes' effects to put into a database."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import (
    AskedQuestion,
    Conversation,
    CustomerMessage,
    Language,
    LoggedQuestion,
    Offer,
    Said,
    SaidKind,
    Settlement,
)

OPENID = "oUser-very-private-001"
CHANNEL = "mini:default"
OFFER = Offer("request-1", 1_760_000_000.0, Language.ENGLISH, is_last=True)
TALK = Conversation(Language.TRADITIONAL, ("fees", "filing"), "還有一段。", human_until=7.5, offer=OFFER)
ASKED = AskedQuestion("zh-Hans", "备案要多久", "answer", "filing", 0.93, "20261122-120000")
LOGGED = LoggedQuestion(ASKED, CHANNEL, OPENID, 1_760_000_000.0, 4.5, "request-1")
FORGET = {"conversation": None, "asked": (), "messages": ()}


def message(text: str = "二十天。", valid_for: float = 60.0) -> CustomerMessage:
    return CustomerMessage(CHANNEL, text, valid_for)


def logged(question: str = ASKED.question, **fields: object) -> LoggedQuestion:
    """A row of the question log, the same but for what is given."""
    return replace(LOGGED, **({"asked": replace(ASKED, question=question)} | fields))


def effect(text: str = "二十天。", **fields: object) -> Settlement:
    """A push's whole effect: reply, conversation, log row and message."""
    whose = {name: fields[key] for key, name in (("channel", "channel"), ("openid", "user")) if key in fields}
    parts = {
        "channel": CHANNEL,
        "openid": OPENID,
        "said": Said(SaidKind.TEXT, text, at=1_760_000_000.0),
        "conversation": TALK,
        "asked": (logged(**whose),),
        "messages": (message(text),),
    }
    return Settlement(**(parts | fields))

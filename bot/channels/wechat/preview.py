"""A conversation as WeChat would display it, for an operator to look at: nothing is sent, nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bot.answering.answerer import Answerer
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.judging import asks_verdict
from bot.channels.wechat.reception import Reception
from bot.channels.wechat.rendering import shown
from bot.domain import Conversation, SaidKind
from bot.wechat.credentials import Credentials, Mode
from bot.wechat.fields import Format
from bot.wechat.push import Push, PushKind

# What a user writes to read on.
_MORE = "继续"
# Named by the taps with which a user would judge the answer.
_REQUEST = "preview"
# An answer has a handful of screens at most; this only ends what should never go on.
_SCREENS = 20
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """Words in a bubble; ``sends``: what a tap on them says; ``opens``: where a tap leads."""

    text: str
    sends: str = ""
    opens: str = ""


@dataclass(frozen=True)
class Bubble:
    """One message; ``size`` in bytes of UTF-8, of which WeChat carries 2048.

    ``kind`` other than text: the message is handed to a human, or nothing is said. ``is_own``: the user's.
    """

    kind: SaidKind
    pieces: tuple[Piece, ...] = ()
    size: int = 0
    is_own: bool = False


def sample_account(kind: AccountKind) -> Account:
    """An account with nothing chosen, where an operator has set none yet."""
    return Account("sample", kind, Credentials("sample", "sample", Mode.PLAIN))


def preview(answerer: Answerer, account: Account, said: Sequence[str], now: float) -> tuple[Bubble, ...]:
    """The bubbles of a user who says this, one after the other, and reads the last answer to its end.

    Raises IndexUnusableError when no version can serve.
    """
    chat = _Chat(Reception(answerer.at_one_version(), account), account, now)
    bubbles = [bubble for text in said for bubble in chat.say(text)]
    while chat.has_more and len(bubbles) < _SCREENS:
        bubbles += chat.say(_MORE)
    return tuple(bubbles)


class _Chat:
    """A conversation with one account."""

    def __init__(self, reception: Reception, account: Account, now: float) -> None:
        self._reception = reception
        self._account = account
        self._now = now
        self._talk = Conversation()

    @property
    def has_more(self) -> bool:
        return bool(self._talk.rest)

    def say(self, text: str) -> list[Bubble]:
        push = Push(PushKind.TEXT, Format.XML, "", "", int(self._now), content=text)
        turn = self._reception.receive(push, self._talk, self._now)
        asks = any(
            asks_verdict(self._account.feedback, each, self._talk.offer, self._now) for each in turn.asked
        )
        said, talk = shown(turn, self._account.kind, self._now, _REQUEST if asks else "")
        self._talk = talk or Conversation()
        own = Bubble(SaidKind.TEXT, (Piece(text),), len(text.encode()), is_own=True)
        return [own, Bubble(said.kind, tuple(_pieces(said.text)), len(said.text.encode()))]


def _pieces(text: str) -> Iterator[Piece]:
    end = 0
    for link in _LINK.finditer(text):
        if link.start() > end:
            yield Piece(text[end : link.start()])
        yield _tap(link[1], link[2])
        end = link.end()
    if text[end:]:
        yield Piece(text[end:])


def _tap(address: str, words: str) -> Piece:
    parts = urlsplit(address)
    if parts.scheme == "weixin":
        content = parse_qs(parts.query).get("msgmenucontent", [words])
        return Piece(words, sends=content[0])
    return Piece(words, opens=address)

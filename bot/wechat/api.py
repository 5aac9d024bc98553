"""Customer messages: sent to a user outside the response to a push (客服消息)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from bot.wechat.address import OFFICIAL_API
from bot.wechat.answers import Call
from bot.wechat.caller import DEFAULT_PACE, ApiCaller, ObserveCall, Pace, unobserved
from bot.wechat.errors import ApiError, ContentTooLongError, TokenRefusedError
from bot.wechat.text import split_bytes
from bot.wechat.tokens import App, TokenCache, TokenSource

# A text refused as too long is halved down to this size; below it, length is not the reason.
_SMALLEST_PIECE = 128


@dataclass(frozen=True)
class Paths:
    """Where the calls go; some mini programs are told to use ``…/custom/business/…``."""

    send: str = "/cgi-bin/message/custom/send"
    typing: str = "/cgi-bin/message/custom/typing"


DEFAULT_PATHS = Paths()


class WeChatApi:
    """Sends to the users of one account; every failure is an :class:`ApiError`.

    A call renews a refused token once and waits for a busy WeChat a few times; whatever else
    goes wrong, it does not repeat itself.
    """

    def __init__(self, caller: ApiCaller, tokens: TokenSource, *, paths: Paths) -> None:
        """For wiring by hand; :func:`wechat_api` does it otherwise."""
        self._caller = caller
        self._tokens = tokens
        self._paths = paths

    def send_text(self, recipient: str, text: str) -> int:
        """Sends the text in as many messages as it takes, in order, and says how many.

        When it breaks, the error's ``unsent`` holds the pieces that were not delivered; after
        an :class:`OutcomeUnknownError` the first of them may have been.
        """
        unsent, sent = split_bytes(text), 0
        while unsent:
            try:
                self._send(recipient, "text", {"content": unsent[0]})
            except ContentTooLongError as error:
                unsent = _halved(unsent, error)
            except ApiError as error:
                raise _with_unsent(error, unsent) from None
            else:
                unsent, sent = unsent[1:], sent + 1
        return sent

    def show_typing(self, recipient: str) -> None:
        """Shows 对方正在输入 for 15 seconds, or until the next message."""
        self._answer(self._paths.typing, {"touser": recipient, "command": "Typing"})

    def _send(self, recipient: str, kind: str, content: Mapping[str, object]) -> None:
        self._answer(self._paths.send, {"touser": recipient, "msgtype": kind, kind: content})

    def _answer(self, path: str, body: Mapping[str, object]) -> None:
        token = self._tokens.current()
        try:
            self._caller.answer(Call(path, body, token.value))
        except TokenRefusedError:
            renewed = self._tokens.renew(token)
            self._caller.answer(Call(path, body, renewed.value))


def wechat_api(
    app: App,
    transport: httpx.BaseTransport,
    cache: TokenCache,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    elapsed: Callable[[], float] = time.monotonic,
    base_url: str = OFFICIAL_API,
    pace: Pace = DEFAULT_PACE,
    paths: Paths = DEFAULT_PATHS,
    observe: ObserveCall = unobserved,
) -> WeChatApi:
    """The API of one account; ``clock`` in seconds, the same epoch in all workers.

    ``elapsed`` measures calls: no clock that may be put forward or back.
    """
    caller = ApiCaller(transport, base_url=base_url, clock=elapsed, sleep=sleep, pace=pace, observe=observe)
    return WeChatApi(caller, TokenSource(app, caller, cache, clock=clock), paths=paths)


def _halved(pieces: list[str], error: ContentTooLongError) -> list[str]:
    size = len(pieces[0].encode())
    if size <= _SMALLEST_PIECE:
        raise _with_unsent(error, pieces) from None
    return split_bytes(pieces[0], size // 2 + 1) + pieces[1:]


def _with_unsent(error: ApiError, pieces: list[str]) -> ApiError:
    error.unsent = tuple(pieces)
    return error

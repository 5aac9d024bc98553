"""The stable access token, shared by all workers (获取稳定版接口调用凭据)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot.wechat.answers import Call
from bot.wechat.caller import ApiCaller
from bot.wechat.errors import (
    ApiSettingsError,
    OutcomeUnknownError,
    TokenRefusedError,
    UnreachableError,
)

_PATH = "/cgi-bin/stable_token"

# WeChat hands out the next token five minutes before the end, and honours both meanwhile.
_MARGIN = 300.0

# WeChat refuses forced renewals that follow each other faster than this.
_FORCE_GAP = 30.0


@dataclass(frozen=True)
class App:
    """The app id and secret that buy tokens."""

    app_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """An access token; up to 512 characters, and nothing of it shows in logs."""

    value: str = field(repr=False)
    fetched_at: float
    fresh_until: float


class TokenCache(Protocol):
    """Where all workers of all processes find the same token."""

    def get(self, app_id: str) -> Token | None:
        """The token last put, fresh or not."""
        ...

    def put(self, app_id: str, token: Token) -> None:
        """Remember this token in place of any other."""
        ...

    def lock(self, app_id: str) -> AbstractContextManager[object]:
        """Held while a token is fetched, so that one worker asks and the others wait."""
        ...


class TokenSource:
    """Hands out the token, fetching it when it is due."""

    def __init__(
        self,
        app: App,
        caller: ApiCaller,
        cache: TokenCache,
        *,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` is the time in seconds, the same for all who share the cache."""
        self._app = app
        self._caller = caller
        self._cache = cache
        self._clock = clock

    def current(self) -> Token:
        """The shared token, renewed if it is about to end."""
        token = self._fresh()
        return token or self._locked(refused="")

    def renew(self, refused: Token) -> Token:
        """Another token than the one WeChat has refused, asking WeChat at most twice."""
        return self._locked(refused.value)

    def _locked(self, refused: str) -> Token:
        with self._cache.lock(self._app.app_id):
            token = self._fresh()
            # Whoever held the lock before us may have renewed it already.
            if token is None or token.value == refused:
                token = self._fetched(token, refused)
                self._cache.put(self._app.app_id, token)
            return token

    def _fresh(self) -> Token | None:
        token = self._cache.get(self._app.app_id)
        return token if token and self._clock() < token.fresh_until else None

    def _fetched(self, known: Token | None, refused: str) -> Token:
        token = self._fetch(force=False)
        if token.value != refused:
            return token
        # WeChat holds a token to be good that its other servers refuse. Force sparingly: 20 a day.
        if known and abs(self._clock() - known.fetched_at) < _FORCE_GAP:
            return known
        return self._fetch(force=True)

    def _fetch(self, *, force: bool) -> Token:
        now = self._clock()
        body = {
            "grant_type": "client_credential",
            "appid": self._app.app_id,
            "secret": self._app.secret,
            "force_refresh": force,
        }
        try:
            answer = self._caller.answer(Call(_PATH, body))
        except TokenRefusedError as error:
            # Here the same code means that the secret is wrong.
            raise ApiSettingsError(_PATH, error.code, error.reason, error.rid) from None
        except OutcomeUnknownError as error:
            # What is unknown is whether a token was made; no message is on its way yet.
            raise UnreachableError(_PATH, error.code, error.reason) from None
        return _token(answer, now)


def _token(answer: Mapping[str, object], now: float) -> Token:
    value, lasts = answer.get("access_token"), answer.get("expires_in")
    if not (isinstance(value, str) and value and isinstance(lasts, int)):
        raise UnreachableError(_PATH, None, "the answer holds no token")
    return Token(value, now, now + lasts - min(_MARGIN, lasts / 10))

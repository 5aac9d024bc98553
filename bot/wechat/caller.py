"""Calling WeChat's server API over HTTPS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from bot.wechat.address import OFFICIAL_API, is_api_address
from bot.wechat.answers import Call, read_answer
from bot.wechat.errors import (
    ApiError,
    BusyError,
    CredentialsError,
    OutcomeUnknownError,
    UnreachableError,
)

# Failures that happen before a byte of the call is on its way.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_MAX_ANSWER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Pace:
    """How long one try may take, and the pauses before the next while WeChat is busy."""

    timeout: float = 3.0
    pauses: tuple[float, ...] = (0.2, 0.6)


DEFAULT_PACE = Pace()

# Is told of every try: its path, WeChat's errcode ("0" = it went well, else ApiError.short_code), seconds.
ObserveCall = Callable[[str, str, float], None]


def unobserved(_path: str, _code: str, _seconds: float) -> None:
    """For calls that nobody counts."""


class ApiCaller:
    """Posts calls, repeats them while WeChat is busy, and names what went wrong.

    It takes a transport rather than a client: httpx's client logs every address at INFO, and
    WeChat wants the access token in the address.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        *,
        base_url: str,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        pace: Pace,
        observe: ObserveCall = unobserved,
    ) -> None:
        """``base_url`` is checked here; ``clock`` and ``sleep`` count in seconds."""
        self._transport = transport
        self._base_url = _checked(base_url)
        self._clock = clock
        self._sleep = sleep
        self._pace = pace
        self._observe = observe

    def answer(self, call: Call) -> Mapping[str, object]:
        """WeChat's answer, or the :class:`ApiError` that it stands for."""
        for pause in self._pace.pauses:
            try:
                return self._once(call)
            except BusyError:
                self._sleep(pause)
        return self._once(call)

    def _once(self, call: Call) -> Mapping[str, object]:
        started, code = self._clock(), "0"
        try:
            return self._tried(call)
        except ApiError as error:
            code = error.short_code
            raise
        finally:
            self._observe(call.path, code, self._clock() - started)

    def _tried(self, call: Call) -> Mapping[str, object]:
        # The original errors stay out of ours: they hold the request, and that holds the token.
        try:
            status, body = self._post(call)
        except _NOT_SENT as error:
            raise UnreachableError(call.path, None, type(error).__name__) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknownError(call.path, None, type(error).__name__) from None
        return read_answer(call, status, body)

    def _post(self, call: Call) -> tuple[int, bytes]:
        deadline = self._clock() + self._pace.timeout
        response = self._transport.handle_request(self._request(call))
        try:
            return response.status_code, self._read(call, response, deadline)
        finally:
            response.close()

    def _request(self, call: Call) -> httpx.Request:
        return httpx.Request(
            "POST",
            self._base_url + call.path,
            params={"access_token": call.access_token} if call.access_token else None,
            # Escapes like \u4f60 are refused with 40033, or shown as they are.
            content=json.dumps(call.body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            extensions={"timeout": httpx.Timeout(self._pace.timeout).as_dict()},
        )

    def _read(self, call: Call, response: httpx.Response, deadline: float) -> bytes:
        """The body; httpx's own timeout guards each single read, not their sum."""
        body = b""
        for part in response.iter_bytes():
            body += part
            if len(body) > _MAX_ANSWER_BYTES or self._clock() > deadline:
                raise OutcomeUnknownError(call.path, None, "the answer does not end")
        return body


def _checked(base_url: str) -> str:
    if not is_api_address(base_url):
        raise CredentialsError(
            "API address %(address)s: expected one like %(example)s",
            address=repr(base_url),
            example=OFFICIAL_API,
        )
    return base_url.rstrip("/")

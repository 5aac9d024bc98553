"""Who may use the API, and how often: by key, or by address where no key is asked for."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from bot.channels.callers import CHAT, bearer_token, caller_address, channel
from bot.domain import ApiKey, Scope
from bot.limiting.addresses import LOCAL
from bot.limiting.rates import Allowance
from bot.ports import ApiKeys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOW = "send the header Authorization: Bearer KEY with a key that flask --app wsgi keys create made"
_FORWARDED = "HTTP_X_FORWARDED_FOR"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """What is asked of callers; ``needs_key``: of all but this server's own chat; ``trusts_proxy``: it is a
    proxy that says who they are.
    """

    keys: ApiKeys
    by_address: Allowance
    by_key: Allowance
    needs_key: bool = False
    trusts_proxy: bool = False
    _has_told: threading.Event = field(default_factory=threading.Event, repr=False)

    def admit(self, scope: Scope, environ: WSGIEnvironment) -> None:
        """Let a request in; raises Unauthorized, Forbidden, TooManyRequests, or StoreError."""
        if (token := bearer_token(environ)) is not None:
            self._admit_key(token, scope, environ)
            return
        self.admit_address(environ)
        if self.needs_key and channel(environ) != CHAT:
            raise _unauthorized(f"a key is needed here; {_HOW}")

    def admit_address(self, environ: WSGIEnvironment) -> None:
        """Count a request by its address alone, unless it is this machine's own; raises TooManyRequests."""
        if _is_local(environ):
            return
        try:
            _take(self.by_address, caller_address(environ), "this address")
        except TooManyRequests:
            self._tell_of_proxy(environ)
            raise

    def _tell_of_proxy(self, environ: WSGIEnvironment) -> None:
        """An operator who forgot the setting would see refusals and not know why."""
        is_through_proxy = _FORWARDED in environ and not self.trusts_proxy
        if is_through_proxy and not self._has_told.is_set():
            self._has_told.set()
            _log.warning(
                "refusing who came through a proxy: all who do count as one; set BOT_TRUSTED_PROXIES"
            )

    def _admit_key(self, token: str, scope: Scope, environ: WSGIEnvironment) -> None:
        key = self.keys.find(token)
        if key is None:
            self.admit_address(environ)  # guesses are not free
            raise _unauthorized(f"this key is unknown, expired or revoked; {_HOW}")
        _take(self.by_key, key.name, f"the key {key.name}")
        require_scope(key, scope)


def require_scope(key: ApiKey, scope: Scope) -> None:
    """Raise Forbidden when a key is good for something else."""
    if scope not in key.scopes:
        raise Forbidden(
            f"the key {key.name} has no scope {scope}; make another with "
            f"flask --app wsgi keys create NAME --scope {scope}"
        )


def guard(blueprint: Blueprint, access: Access, scope: Scope) -> Blueprint:
    """Ask every caller of a blueprint."""

    @blueprint.before_request
    def admit() -> None:
        if request.method != "OPTIONS":  # a browser asks without the key whether its page may ask with it
            access.admit(scope, request.environ)
            channel(request.environ)  # a header that cannot be is refused wherever it is sent

    return blueprint


def keep_private(blueprint: Blueprint) -> Blueprint:
    """Let no cache keep what a blueprint replies, which is for the caller alone."""

    @blueprint.after_request
    def forbid_keeping(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return blueprint


def count_addresses(app: Flask, access: Access, *blueprints: str) -> None:
    """Count every request to blueprints that have keys of their own, before those are looked at."""

    @app.before_request
    def admit() -> None:
        if request.blueprint in blueprints:
            access.admit_address(request.environ)


def _is_local(environ: WSGIEnvironment) -> bool:
    """From a program of the operator's on this machine: a proxy on it says for whom it asks."""
    return caller_address(environ) in LOCAL and _FORWARDED not in environ


def _take(allowance: Allowance, who: str, shown: str) -> None:
    if seconds := allowance.take(who):
        raise TooManyRequests(
            f"{shown} has asked too often; wait {seconds} s and ask more slowly, or have the operator "
            "raise the limit (docs/protection.md)",
            retry_after=seconds,
        )


def _unauthorized(detail: str) -> Unauthorized:
    return Unauthorized(detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "api"}))

"""What protects the public endpoints, put together from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from flask import Blueprint, Flask

from bot.channels.access import Access, count_addresses, guard, keep_private
from bot.channels.network import Network, place_in, share
from bot.channels.wechat.user_limits import ONE_NOTICE, UserLimits
from bot.domain import Scope
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, parse_rate
from bot.ports import ApiKeys
from bot.settings import Settings, shared_folder

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_COUNTS = "rates"
_WITH_OWN_KEYS = ("admin",)


@dataclass(frozen=True)
class Protection:
    """Opens no file before the first request."""

    settings: Settings
    keys: ApiKeys

    def cover(self, app: Flask) -> None:
        """What holds for every request and response, and for blueprints that have keys of their own."""
        place_in(self._network, app)
        count_addresses(app, self.access, *_WITH_OWN_KEYS)

    def public(self, blueprint: Blueprint, scope: Scope) -> Blueprint:
        """For everybody, or whoever has a key of this scope, and for the pages that may share it."""
        return self.shared(guard(blueprint, self.access, scope))

    def shared(self, blueprint: Blueprint) -> Blueprint:
        """For the pages that may share it; whoever calls it was admitted before."""
        return share(keep_private(blueprint), self._network)

    def require_own_name(self, environ: WSGIEnvironment) -> None:
        """Raise SecurityError for a request to another host, where hosts are named."""
        self._network.require_own_name(environ)

    def admission(self, scope: Scope) -> Callable[[WSGIEnvironment], None]:
        """What raises for requests that may not be answered, without Flask; otherwise as ``public``."""
        return partial(self._admit, scope)

    def _admit(self, scope: Scope, environ: WSGIEnvironment) -> None:
        self.require_own_name(environ)
        self.access.admit(scope, environ)

    @cached_property
    def access(self) -> Access:
        """What is asked of callers."""
        settings = self.settings
        by_address = self._allowance(settings.rate_per_address, "address")
        by_key = self._allowance(settings.rate_per_key, "key")
        return Access(self.keys, by_address, by_key, settings.require_key, settings.trusted_proxies > 0)

    @cached_property
    def user_limits(self) -> UserLimits:
        """How much each WeChat user may write."""
        messages = self._allowance(self.settings.rate_per_user, "user")
        return UserLimits(messages, Allowance(ONE_NOTICE, "notice", self._moments))

    @cached_property
    def _moments(self) -> Moments:
        folder = shared_folder()
        return Moments(folder / _COUNTS if folder else None)

    @cached_property
    def _network(self) -> Network:
        settings = self.settings
        return Network(
            settings.trusted_proxies, settings.trusted_hosts, settings.cors_origins, settings.hsts_days
        )

    def _allowance(self, rate: str, kind: str) -> Allowance:
        return Allowance(parse_rate(rate), kind, self._moments)

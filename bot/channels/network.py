"""What lies between browsers and the bot: proxies, names of hosts, other people's pages, HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response
from flask_cors import CORS
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wsgi import get_host

from bot.channels.problems import REQUEST_ID_HEADER, problem
from bot.channels.security_headers import secure

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DAY = 86_400
_PREFLIGHT_SECONDS = 600


@dataclass(frozen=True)
class Network:
    """As its operator describes it; several hosts or origins are separated by blanks.

    ``proxies``: how many stand before the bot, each of which adds X-Forwarded-For and X-Forwarded-Proto;
    ``hosts``: names it answers to, empty = any; ``origins``: whose pages may ask from a browser;
    ``hsts_days``: how long browsers are to insist on HTTPS.
    """

    proxies: int = 0
    hosts: str = ""
    origins: str = ""
    hsts_days: int = 0

    def require_own_name(self, environ: WSGIEnvironment) -> None:
        """Raise SecurityError for a request to a host that is not one of them, as Flask does."""
        if self.hosts:
            get_host(environ, self.hosts.split())


def place_in(network: Network, app: Flask) -> None:
    """Believe what the proxies say and no other, answer to the hosts alone, and secure every response."""
    if network.proxies:
        # Not X-Forwarded-Host: proxies that do not set it pass on what the client sent.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=network.proxies, x_proto=network.proxies, x_host=0, x_port=0, x_prefix=0
        )
    app.config["TRUSTED_HOSTS"] = network.hosts.split() or None
    app.register_error_handler(SecurityError, _unknown_host)
    secure(app, network.hsts_days * _DAY)


def share(blueprint: Blueprint, network: Network) -> Blueprint:
    """Let pages of the origins call a blueprint, with a key if they have one, without cookies."""
    if origins := network.origins.split():
        CORS(
            blueprint,
            origins=origins,
            methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", REQUEST_ID_HEADER],
            expose_headers=[REQUEST_ID_HEADER, "Retry-After"],
            max_age=_PREFLIGHT_SECONDS,
            always_send=False,
        )
    return blueprint


def _unknown_host(_error: SecurityError) -> Response:
    detail = "this server does not answer to this name; its operator lists those it has in BOT_TRUSTED_HOSTS"
    return problem(400, "Bad Request", detail)

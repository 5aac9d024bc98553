"""What browsers are told about pages: where their parts may come from, and who may frame them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_Headers = list[tuple[str, str]]

NOBODY, SAME_ORIGIN = "'none'", "'self'"


@dataclass(frozen=True)
class PagePolicy:
    """How much a blueprint's pages may do; the default is the strictest that our own pages need.

    ``frame_ancestors`` and ``styles`` are sources as in a Content-Security-Policy. ``is_typed``: no script
    turns text into HTML, which the browser then enforces.
    """

    frame_ancestors: str = NOBODY
    styles: str = SAME_ORIGIN
    is_typed: bool = True

    @property
    def content_security_policy(self) -> str:
        """The header's value."""
        rules = {
            "default-src": NOBODY,
            "script-src": SAME_ORIGIN,
            "style-src": self.styles,
            "img-src": f"{SAME_ORIGIN} data:",
            "connect-src": SAME_ORIGIN,
            "form-action": SAME_ORIGIN,
            "base-uri": NOBODY,
            "frame-ancestors": self.frame_ancestors,
        }
        typed = {"require-trusted-types-for": "'script'", "trusted-types": NOBODY}
        return "; ".join(
            f"{name} {value}" for name, value in (rules | (typed if self.is_typed else {})).items()
        )


def protect(blueprint: Blueprint, policy: PagePolicy) -> None:
    """Send the policy's headers with every response of a blueprint; a view may set its own beforehand."""
    headers = {
        "Content-Security-Policy": policy.content_security_policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",
    }

    @blueprint.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response


def frame_ancestors(origins: str) -> str:
    """This server's own pages and ``origins``, as `frame-ancestors` wants them."""
    return " ".join((SAME_ORIGIN, *origins.split()))


def secure(app: Flask, https_seconds: int = 0) -> None:
    """Send every response with what is right for all that is no page: nothing may be loaded or framed.

    Browsers that came by HTTPS are told to insist on it for so many seconds.
    """
    headers = {
        "Content-Security-Policy": f"default-src {NOBODY}; frame-ancestors {NOBODY}",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    by_https = {"Strict-Transport-Security": f"max-age={https_seconds}"} if https_seconds else {}
    lowered = [(name.lower(), (name, value)) for name, value in headers.items()]
    respond = app.wsgi_app

    def secured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, sent: _Headers, exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401
            present = {name.lower() for name, _ in sent}
            missing = [header for name, header in lowered if name not in present]
            if environ["wsgi.url_scheme"] == "https":  # as a proxy that is believed says by now
                missing += by_https.items()
            return start_response(status, [*sent, *missing], exc_info)

        return respond(environ, start)

    app.wsgi_app = secured  # type: ignore[method-assign]

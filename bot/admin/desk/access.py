"""Lets in who has logged in, and takes forms only from the desk's own pages."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Request, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from bot.admin.desk.words import gettext as _
from bot.ports import AuditLog, DeskAccess
from bot.reports import DeskSession

COOKIE = "desk"
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"
# What may be seen without a session.
_OPEN = ("desk.login", "desk.log_in", "desk.static", "desk.choose_language")
_SAFE = ("GET", "HEAD", "OPTIONS")
# Bytes that an operator may send at once: an entry in both languages, nine bytes a Chinese character.
LARGEST_FORM = 500_000


class Closed(Forbidden):
    """There is no operator yet."""


def guard(blueprint: Blueprint, access: Callable[[], DeskAccess]) -> None:
    """Check every request of the blueprint before anything else of it is looked at."""

    @blueprint.before_request
    def check() -> Response | None:
        if request.endpoint == "desk.static":
            return None
        if request.method not in _SAFE:
            _require_own_page(request)
        g.desk_session = _session(access())
        if g.desk_session is None:
            return _turn_away(access())
        request.max_content_length = LARGEST_FORM
        if request.method not in _SAFE and request.endpoint not in _OPEN:
            _require_token(g.desk_session)
        return None


def operator() -> DeskSession:
    """Who this request is from; only where a session is required."""
    session: DeskSession = g.desk_session
    return session


def auditing(log: Callable[[], AuditLog]) -> Callable[[str, str], None]:
    """What a page calls when it changed something: ``audit(action, subject)``."""
    return lambda action, subject: log().record(operator().operator, action, subject)


def notifying(access: Callable[[], DeskAccess]) -> Callable[[str], None]:
    """What a page calls to have a text shown on the operator's next page: ``notify(text)``."""
    return lambda text: access().leave_notice(request.cookies[COOKIE], text)


def _session(access: DeskAccess) -> DeskSession | None:
    token = request.cookies.get(COOKIE)
    return access.session(token) if token else None


def _turn_away(access: DeskAccess) -> Response | None:
    if not access.names():
        raise Closed
    if request.endpoint in _OPEN:
        return None
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("desk.login", next=target), 303)


def _require_own_page(asked: Request) -> None:
    """Browsers say where a form comes from; a login form has no token yet that could be checked."""
    site = asked.headers.get("Sec-Fetch-Site", "same-origin")
    origin = asked.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != asked.host):
        raise Forbidden(_("This form was sent from another page. Open the desk and try again from there."))


def _require_token(session: DeskSession) -> None:
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise Forbidden(_("This form is out of date. Go back, load the page again, and send it once more."))

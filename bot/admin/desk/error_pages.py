"""How the desk's errors look: a page that says what happened and what to do, in the reader's language."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from bot.admin.desk.access import Closed
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import in_words, mark
from bot.channels.problems import request_id
from bot.errors import BotError

_TITLES = {
    HTTPStatus.BAD_REQUEST: mark("That cannot be understood"),
    HTTPStatus.FORBIDDEN: mark("Not allowed"),
    HTTPStatus.NOT_FOUND: mark("Not found"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: mark("Too long"),
    HTTPStatus.SERVICE_UNAVAILABLE: mark("Not possible now"),
}
_FAILED = mark("Something went wrong")
# What to do about errors that the framework raises; ours say it themselves.
_REMEDIES = {
    HTTPStatus.BAD_REQUEST: mark("Go back, load the page again, and try once more."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: mark(
        "More was sent than the desk takes at once. Go back, shorten it, and send it once more."
    ),
}
_log = logging.getLogger(__name__)


def add_error_pages(blueprint: Blueprint) -> None:
    """Show every error of the blueprint as a page."""
    blueprint.register_error_handler(HTTPException, _refusal)
    blueprint.register_error_handler(BotError, _outage)
    blueprint.register_error_handler(Exception, _failure)


def _refusal(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    detail = error.description or ""
    if isinstance(error, Closed):
        detail = _("No operator has a password yet. On the server, run: flask --app wsgi admin password")
    elif detail == type(error).description and status in _REMEDIES:
        detail = _(_REMEDIES[status])
    return _page(status, detail)


def _outage(error: BotError) -> Response:
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, in_words(str(error)))


def _failure(error: Exception) -> Response:
    _log.exception("request %s failed", request_id(), exc_info=error)
    detail = _("Try again. If it stays so, look for the number of the request in the log of the service.")
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _page(status: HTTPStatus, detail: str) -> Response:
    title = _(_TITLES.get(status, _FAILED))
    page = render_template(
        "desk/error.html", status=status.value, title=title, detail=detail, request_id=request_id()
    )
    return make_response(page, status)

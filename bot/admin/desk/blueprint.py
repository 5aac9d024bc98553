"""The desk put together: its pages, what guards them, and how its errors look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, NotFound

from bot.admin.desk.access import CSRF_FIELD, auditing, guard, notifying
from bot.admin.desk.audit_page import add_audit_page
from bot.admin.desk.control import add_control_pages
from bot.admin.desk.conversations_page import add_conversations_pages
from bot.admin.desk.desk import Desk
from bot.admin.desk.edits_page import add_edits_page
from bot.admin.desk.entries_page import add_entries_pages
from bot.admin.desk.entry_editing import add_entry_editing_pages
from bot.admin.desk.entry_removal import add_entry_removal_pages
from bot.admin.desk.error_pages import add_error_pages
from bot.admin.desk.login import add_login_pages
from bot.admin.desk.names import add_names
from bot.admin.desk.navigation import PAGES
from bot.admin.desk.today_page import add_today_page
from bot.admin.desk.unanswered_page import add_unanswered_pages
from bot.admin.desk.words import gettext, language, ngettext
from bot.channels.security_headers import PagePolicy, protect
from bot.domain import Language
from bot.ports import DeskAccess

_LANGUAGES = {Language.SIMPLIFIED: "简体", Language.TRADITIONAL: "繁體", Language.ENGLISH: "English"}


def desk_blueprint(desk: Desk) -> Blueprint:
    """The pages under ``/admin``."""
    blueprint = desk_frame(desk.access, desk.timezone, PAGES)
    add_today_page(blueprint, desk.reports, desk.timezone)
    add_entries_pages(blueprint, desk.reports, desk.timezone)
    add_conversations_pages(blueprint, desk.reports, desk.timezone, auditing(desk.audit))
    add_control_pages(blueprint, desk.control, auditing(desk.audit), notifying(desk.access))
    changing = (desk.teaching, auditing(desk.audit), notifying(desk.access))
    add_unanswered_pages(blueprint, *changing)
    add_entry_editing_pages(blueprint, *changing)
    add_entry_removal_pages(blueprint, *changing)
    add_edits_page(blueprint, *changing)
    add_audit_page(blueprint, desk.audit)
    return blueprint


def desk_frame(
    access: Callable[[], DeskAccess], timezone: ZoneInfo, menu: Sequence[tuple[str, str]] = ()
) -> Blueprint:
    """What is around the pages: who may see them, how they and their errors look.

    ``menu``: endpoint and title of each page in it.
    """
    blueprint = Blueprint(
        "desk", __name__, url_prefix="/admin", template_folder="templates", static_folder="static"
    )
    protect(blueprint, PagePolicy())
    guard(blueprint, access)
    blueprint.before_request(_refuse_nul)
    add_login_pages(blueprint, access)
    add_names(blueprint)
    blueprint.record(_translate_templates)
    blueprint.context_processor(lambda: _layout() | {"pages": menu, "moment": _moment(timezone)})
    add_error_pages(blueprint)
    blueprint.after_request(_keep_private)

    @blueprint.get("/<path:_page>")
    def unknown(_page: str) -> Response:
        raise NotFound(gettext("There is no such page. Choose one from the menu."))

    return blueprint


def _translate_templates(state: BlueprintSetupState) -> None:
    state.app.jinja_env.add_extension("jinja2.ext.i18n")
    state.app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def _refuse_nul() -> None:
    """Names in a path are looked up in the database, and no column can hold it."""
    if "\0" in request.path:
        raise BadRequest


def _layout() -> dict[str, Any]:
    """What every page has."""
    return {
        "session": g.get("desk_session"),
        "language": language(),
        "languages": _LANGUAGES,
        "csrf": _csrf,
    }


def _csrf() -> Markup:
    """The hidden field that every form needs."""
    session = g.get("desk_session")
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        CSRF_FIELD, session.csrf_token if session else ""
    )


def _moment(timezone: ZoneInfo) -> Callable[[float], str]:
    """Seconds since the epoch for a reader: ``2026-11-22 09:30``."""
    return lambda seconds: datetime.fromtimestamp(seconds, timezone).strftime("%Y-%m-%d %H:%M")


def _keep_private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response

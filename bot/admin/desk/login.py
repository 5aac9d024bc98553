"""Logging in and out, and choosing the language."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from bot.admin.desk.access import COOKIE
from bot.admin.desk.words import LANGUAGE_COOKIE
from bot.admin.desk.words import gettext as _
from bot.domain import Language
from bot.ports import DeskAccess

USUAL_NAME = "admin"
_YEAR = 365 * 86400
# A page of the desk itself: nothing that a browser could take for another host.
_OWN_PAGE = re.compile(r"/admin(/[^\\\s]*)?")
_LONGEST_FIELD = 1000


def add_login_pages(blueprint: Blueprint, access: Callable[[], DeskAccess]) -> None:
    """``/admin/login``, ``/admin/logout`` and ``/admin/language``."""

    @blueprint.get("/login")
    def login() -> str:
        return _form()

    @blueprint.post("/login")
    def log_in() -> Response:
        name, password = (request.form.get(field, "")[:_LONGEST_FIELD] for field in ("name", "password"))
        done = access().log_in(name.strip(), password, request.remote_addr or "")
        if not done.token:
            return _refused(done.wait)
        response = redirect(_target(), 303)
        response.set_cookie(
            COOKIE, done.token, path="/admin", httponly=True, samesite="Lax", secure=request.is_secure
        )
        return response

    @blueprint.post("/logout")
    def log_out() -> Response:
        access().log_out(request.cookies[COOKIE])
        response = redirect(url_for("desk.login"), 303)
        response.delete_cookie(COOKIE, path="/admin")
        return response

    @blueprint.post("/language")
    def choose_language() -> Response:
        if (chosen := request.form.get("language", "")) not in list(Language):
            raise BadRequest(_("There is no such language here."))
        response = redirect(_target(), 303)
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, path="/admin", samesite="Lax")
        return response


def _form(problem: str = "") -> str:
    return render_template(
        "desk/login.html", problem=problem, name=request.form.get("name", USUAL_NAME), target=_target()
    )


def _refused(wait: float) -> Response:
    """The form again, with what to do."""
    if not wait:
        return make_response(_form(_("The name or the password is wrong.")), 401)
    minutes = math.ceil(wait / 60)
    problem = _("Too many wrong attempts. Try again in %(minutes)s minutes.") % {"minutes": minutes}
    return make_response(_form(problem), 429, {"Retry-After": str(math.ceil(wait))})


def _target() -> str:
    """Where to go afterwards; never to another site."""
    wanted = request.values.get("next", "")
    return wanted if _OWN_PAGE.fullmatch(wanted) else "/admin/"

"""``/admin/conversations``: what was asked, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from bot.admin.desk.names import LANGUAGES, OUTCOMES, VERDICTS
from bot.admin.desk.question_export import csv_lines, started
from bot.admin.desk.question_filter import QuestionFilter, position, position_after
from bot.admin.desk.reports import Reports
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark
from bot.reports_questions import LoggedRow, Sought

_AT_ONCE = 50
EXPORTED = mark("Exported questions")


def add_conversations_pages(
    blueprint: Blueprint, reports: Reports, timezone: ZoneInfo, audit: Callable[[str, str], None]
) -> None:
    """The list, the same as a CSV file, and all that one user or one request asked."""

    def page(sought: Sought) -> tuple[list[LoggedRow], str]:
        """Its questions, and where the next page begins; empty = there is none."""
        rows = reports.search().newest(sought, _AT_ONCE + 1, position(request.args.get("before", "")))
        shown = rows[:_AT_ONCE]
        return shown, position_after(shown) if len(rows) > _AT_ONCE else ""

    @blueprint.get("/conversations")
    def conversations() -> str:
        wanted = QuestionFilter.of(request.args)
        rows, older = page(wanted.sought(timezone))
        return render_template(
            "desk/conversations.html",
            rows=rows,
            older=older,
            is_first="before" not in request.args,
            wanted=wanted,
            outcomes=OUTCOMES,
            language_names=LANGUAGES,
            verdicts=VERDICTS,
            channels=reports.channels,
        )

    @blueprint.get("/conversations.csv")
    def export() -> Response:
        wanted = QuestionFilter.of(request.args)
        lines = started(csv_lines(reports.search(), wanted.sought(timezone), timezone))
        audit(EXPORTED, ", ".join(f"{name}={value}" for name, value in wanted.arguments.items()))
        today = datetime.fromtimestamp(reports.clock(), timezone).date()
        response = Response(lines, mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="questions-{today}.csv"'
        return response

    @blueprint.get("/conversations/user/<user>")
    def conversation(user: str) -> str:
        return one(Sought(user=user))

    @blueprint.get("/conversations/request/<path:request_id>")
    def asked_request(request_id: str) -> str:
        return one(Sought(request_id=request_id))

    def one(sought: Sought) -> str:
        rows, older = page(sought)
        if not rows:
            raise NotFound(_("Nothing is kept of it. It was too long ago, or was erased."))
        return render_template(
            "desk/conversation.html", rows=rows[::-1], older=older, sought=sought, row=rows[0]
        )

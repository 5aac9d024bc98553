"""``/admin/``: how the bot is doing, and what to do next."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from bot.admin.desk.chart import OUTCOMES
from bot.admin.desk.glance import Glance
from bot.admin.desk.periods import PERIODS, TODAY, period
from bot.admin.desk.reports import Reports
from bot.errors import IndexUnusableError, ModelError


def add_today_page(blueprint: Blueprint, reports: Reports, timezone: ZoneInfo) -> None:
    """A period at a glance; the address may name which."""

    @blueprint.get("/", strict_slashes=False)
    def today() -> str:
        name = request.args.get("period", TODAY)
        chosen = period(name, reports.clock(), timezone, reports.figures().first_asked())
        glance = Glance(reports, chosen, timezone)
        return render_template(
            "desk/today.html",
            glance=glance,
            period=chosen,
            periods=PERIODS,
            outcomes=OUTCOMES,
            outage=_outage(reports),
        )


def _outage(reports: Reports) -> str:
    """Why no version can serve; empty when one does."""
    try:
        reports.index()
    except (IndexUnusableError, ModelError) as error:
        return str(error)
    return ""

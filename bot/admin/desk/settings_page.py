"""``/admin/settings``: how the program is set up, what it runs on, and where WeChat is to push to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from bot.admin.desk.words import mark
from bot.domain import IndexState, LogState
from bot.errors import BotError
from bot.ports import IndexFacts
from bot.reports_system import Origin, SystemReport

_ORIGINS = {
    Origin.DEFAULT: mark("default"),
    Origin.ENVIRONMENT: mark("environment variable"),
    Origin.ENV_FILE: mark("file .env"),
    Origin.FILE: mark("file of its own"),
    Origin.PROGRAM: mark("given by the program"),
}


@dataclass(frozen=True)
class Health:
    """What ``/readyz`` goes by; ``digest`` is that of the knowledge folder as it is now."""

    facts: Callable[[], IndexFacts]
    state: Callable[[], IndexState]
    digest: Callable[[], str]
    log: Callable[[], LogState]


def add_settings_page(blueprint: Blueprint, report: Callable[[], SystemReport], health: Health) -> None:
    """The page."""

    @blueprint.get("/settings")
    def settings() -> str:
        live, problem = None, ""
        try:
            live = health.facts()
        except BotError as error:
            problem = str(error)
        state = {"state": health.state(), "log": health.log(), "live": live, "problem": problem}
        return render_template(
            "desk/settings.html",
            report=report(),
            origins=_ORIGINS,
            is_stale=live is not None and live.digest != health.digest(),
            address=request.url_root.rstrip("/"),
            is_secure=request.is_secure,
            **state,
        )

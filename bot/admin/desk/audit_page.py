"""``/admin/audit``: what operators did."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template

from bot.admin.desk.given_numbers import end_given
from bot.ports import AuditLog

_AT_ONCE = 100


def add_audit_page(blueprint: Blueprint, log: Callable[[], AuditLog]) -> None:
    """The newest records, and a link to the ones before."""

    @blueprint.get("/audit")
    def audit() -> str:
        records = log().newest(_AT_ONCE, end_given())
        older = records[-1].id if len(records) == _AT_ONCE else None
        return render_template("desk/audit.html", records=records, older=older)

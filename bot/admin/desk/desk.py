"""What the desk's pages are given by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.admin.desk.control import Control
from bot.admin.desk.reports import Reports
from bot.ports import AuditLog, DeskAccess


@dataclass(frozen=True)
class Desk:
    """The parts behind the pages. Those that open the database are called on first use.

    ``timezone``: in which times are shown and days begin.
    """

    access: Callable[[], DeskAccess]
    audit: Callable[[], AuditLog]
    timezone: ZoneInfo
    reports: Reports
    control: Control

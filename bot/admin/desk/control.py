"""The pages on which the index is controlled: test console, versions, rebuilds, settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint

from bot.admin.desk.checks_page import add_checks_page
from bot.admin.desk.console import ConsoleParts, add_console_page
from bot.admin.desk.rebuilds import RebuildParts, add_rebuilds_pages
from bot.admin.desk.settings_page import Health, add_settings_page
from bot.admin.desk.versions import Index, add_versions_pages
from bot.reports_system import SystemReport


@dataclass(frozen=True)
class Control:
    """What these pages work with; ``keep``: how many old versions usually stay."""

    console: ConsoleParts
    index: Index
    keep: int
    rebuilds: RebuildParts
    system: Callable[[], SystemReport]
    health: Health


def add_control_pages(
    blueprint: Blueprint,
    control: Control,
    audit: Callable[[str, str], None],
    notify: Callable[[str], None],
) -> None:
    """All of them; ``audit`` is told what was changed, ``notify`` what to show next."""
    add_console_page(blueprint, control.console)
    add_checks_page(blueprint, control.console, audit, notify)
    add_versions_pages(blueprint, control.index, control.keep, audit, notify)
    add_rebuilds_pages(blueprint, control.rebuilds, audit)
    add_settings_page(blueprint, control.system, control.health)

"""How a figure compares with the one of the time before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.admin.desk.words import gettext as _

Tone = Literal["good", "bad", ""]
# How many times as much is still told in per cent.
_MOST_PERCENT = 10


@dataclass(frozen=True)
class Change:
    """The words for it, and whether it is for the better; empty = neither."""

    text: str
    tone: Tone = ""


def change_of_count(now: int, before: int) -> Change:
    """More is neither better nor worse: it is more work, and more use."""
    if now == before:
        return Change(_("unchanged"))
    if not before:
        return Change(_("none before"))
    ratio = now / before
    if ratio >= _MOST_PERCENT:
        return Change(f"×{ratio:.0f}")
    return Change(f"{_arrow(now - before)} {abs(ratio - 1):.0%}")


def change_of_share(now: float | None, before: float | None) -> Change | None:
    """In percentage points; None when there is nothing to compare."""
    if now is None or before is None:
        return None
    points = round(100 * now) - round(100 * before)
    if not points:
        return Change(_("unchanged"))
    text = _("%(arrow)s %(points)s points") % {"arrow": _arrow(points), "points": abs(points)}
    return Change(text, "good" if points > 0 else "bad")


def change_of_latency(now: float | None, before: float | None) -> Change | None:
    """In milliseconds, less is better; None when there is nothing to compare."""
    if now is None or before is None:
        return None
    if now == before:
        return Change(_("unchanged"))
    return Change(f"{_arrow(now - before)} {abs(now - before):,.1f} ms", "bad" if now > before else "good")


def _arrow(difference: float) -> str:
    return "▲" if difference > 0 else "▼"

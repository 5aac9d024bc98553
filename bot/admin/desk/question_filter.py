"""What questions an address asks for, and the address that asks for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from werkzeug.exceptions import BadRequest

from bot.admin.desk.periods import midnight
from bot.admin.desk.words import gettext as _
from bot.reports_questions import LoggedRow, Position, Sought, Span

# Before the first question and after the last one.
_EVER = Span(0.0, 1e11)
_LONGEST = 200
# Further no clock reaches, and nobody has asked anything there.
_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(9000, 1, 1)
_POSITION = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)~(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class QuestionFilter:
    """The fields of the form; what is empty does not matter. ``since`` and ``until``: days, both included."""

    text: str = ""
    outcome: str = ""
    channel: str = ""
    language: str = ""
    entry: str = ""
    verdict: str = ""
    user: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> QuestionFilter:
        """What an address says."""
        return cls(**{f.name: arguments.get(f.name, "").strip()[:_LONGEST] for f in fields(cls)})

    @property
    def arguments(self) -> dict[str, str]:
        """For an address."""
        return {name: value for name, value in asdict(self).items() if value}

    def sought(self, timezone: ZoneInfo) -> Sought:
        """For the store; raises BadRequest when a day is none."""
        days = ("since", "until")
        exact = {name: value for name, value in asdict(self).items() if name not in days}
        return Sought(**exact, span=self._span(timezone))

    def _span(self, timezone: ZoneInfo) -> Span | None:
        if not self.since and not self.until:
            return None
        start = midnight(_day(self.since), timezone) if self.since else _EVER.start
        end = midnight(_day(self.until) + timedelta(1), timezone) if self.until else _EVER.end
        return Span(start, end)


def position(text: str) -> Position | None:
    """Where the page before ended; raises BadRequest for what this program did not write."""
    if not text:
        return None
    if not (match := _POSITION.fullmatch(text)):
        raise BadRequest(_("This link is damaged. Start again from the newest questions."))
    return Position(float(match[1]), int(match[2]))


def position_after(rows: list[LoggedRow]) -> str:
    """Where this page ends, for the link to the next."""
    return f"{rows[-1].asked_at!r}~{rows[-1].id}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(_("Write days as in 2026-11-22.")) from error
    return min(max(day, _FIRST_DAY), _LAST_DAY)

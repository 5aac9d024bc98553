"""The times that a page may be about, cut into the hours, days or months of the operator's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.admin.desk.words import mark
from bot.reports_questions import Span

TODAY, ALL = "today", "all"
# Name -> title, and the title of what it is compared with.
PERIODS = {
    TODAY: (mark("Today"), mark("yesterday until this time")),
    "7": (mark("7 days"), mark("the 7 days before")),
    "30": (mark("30 days"), mark("the 30 days before")),
    ALL: (mark("All that is kept"), ""),
}
_HOUR = 3600.0
# More bars than this are too thin: months are shown.
_MOST_DAYS = 120


@dataclass(frozen=True)
class Part:
    """An hour, a day or a month; ``label`` is short, ``name`` says it in full."""

    label: str
    name: str
    span: Span


@dataclass(frozen=True)
class Period:
    """A time in parts, and in days the time before that it is compared with; none with all that is kept."""

    name: str
    parts: tuple[Part, ...]
    before: tuple[Span, ...] = ()

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(self.parts[0].span.start, self.parts[-1].span.end)

    @property
    def span_before(self) -> Span | None:
        """All of the time before."""
        return Span(self.before[0].start, self.before[-1].end) if self.before else None


def period(name: str, now: float, timezone: ZoneInfo, first_asked: float | None) -> Period:
    """The period of that name, or today; ``first_asked``: when all that is kept begins."""
    clock = datetime.fromtimestamp(now, timezone)
    today = clock.date()
    if name == ALL:
        start = datetime.fromtimestamp(first_asked or now, timezone).date()
        parts = _days(start, today, timezone)
        return Period(ALL, parts if len(parts) <= _MOST_DAYS else _months(start, today, timezone))
    if name not in PERIODS or name == TODAY:
        return Period(TODAY, tuple(_hours(today, timezone)), _before(clock, 1))
    days = int(name)
    return Period(name, _days(today - timedelta(days - 1), today, timezone), _before(clock, days))


def midnight(day: date, timezone: ZoneInfo) -> float:
    """When a day begins, in seconds since the epoch."""
    return datetime.combine(day, time(), timezone).timestamp()


def _before(clock: datetime, days: int) -> tuple[Span, ...]:
    """As many days earlier, until the same time of the day."""
    end = clock - timedelta(days)
    first, last = end.date() - timedelta(days - 1), end.date()
    spans = [part.span for part in _days(first, last, _zone(clock))]
    return (*spans[:-1], Span(spans[-1].start, end.timestamp()))


def _zone(clock: datetime) -> ZoneInfo:
    assert isinstance(clock.tzinfo, ZoneInfo)  # noqa: S101 - it was made with one  # nosec B101
    return clock.tzinfo


def _hours(day: date, timezone: ZoneInfo) -> Iterator[Part]:
    """23 or 25 where the clock is put forward or back."""
    start, end = midnight(day, timezone), midnight(day + timedelta(1), timezone)
    while start < end:
        clock = datetime.fromtimestamp(start, timezone)
        yield Part(clock.strftime("%H"), clock.strftime("%H:%M"), Span(start, min(start + _HOUR, end)))
        start += _HOUR


def _days(first: date, last: date, timezone: ZoneInfo) -> tuple[Part, ...]:
    days = [first + timedelta(n) for n in range((last - first).days + 2)]
    return tuple(
        Part(f"{day:%m-%d}", f"{day:%Y-%m-%d}", Span(midnight(day, timezone), midnight(after, timezone)))
        for day, after in pairwise(days)
    )


def _months(first: date, last: date, timezone: ZoneInfo) -> tuple[Part, ...]:
    count = 12 * (last.year - first.year) + last.month - first.month
    starts = [_month(first, n) for n in range(count + 2)]
    return tuple(
        Part(f"{start:%Y-%m}", f"{start:%Y-%m}", Span(midnight(start, timezone), midnight(after, timezone)))
        for start, after in pairwise(starts)
    )


def _month(first: date, later: int) -> date:
    """The first day of the month that comes so many months after a date's."""
    years, month = divmod(first.month - 1 + later, 12)
    return date(first.year + years, month + 1, 1)

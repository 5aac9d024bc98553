"""What the first page says: the figures of a period, what is asked most, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.admin.desk.changes import Change, change_of_count, change_of_latency, change_of_share
from bot.admin.desk.chart import Chart, chart
from bot.admin.desk.entry_list import Entries, EntryRow
from bot.admin.desk.names import percent
from bot.admin.desk.periods import ALL, Period
from bot.admin.desk.reports import Reports
from bot.admin.desk.words import gettext as _
from bot.domain import Job
from bot.reports_questions import Dimension, Figures, LoggedRow, Sought, Span, total

_TOP_ENTRIES, _NEWEST = 8, 5
_MEDIAN, _SLOW = 50, 95


@dataclass(frozen=True)
class Tile:
    """A big figure, what it compares to, and what else belongs to it."""

    title: str
    value: str
    change: Change | None
    detail: str = ""


@dataclass(frozen=True)
class Share:
    """One of several that make up the whole; ``part`` between 0 and 1."""

    name: str
    questions: int
    part: float


class Glance:
    """A period's figures, each asked for once."""

    def __init__(self, reports: Reports, period: Period, timezone: ZoneInfo) -> None:
        self._reports = reports
        self.period = period
        self._timezone = timezone

    @cached_property
    def chart(self) -> Chart:
        """A bar for each part of the period."""
        parts = self.period.parts
        return chart([(p.name, p.label, f) for p, f in zip(parts, self._parts, strict=True)])

    @cached_property
    def figures(self) -> Figures:
        """The whole period."""
        return total(self._parts)

    @property
    def tiles(self) -> list[Tile]:
        """The big figures."""
        now, before = self.figures, self._before
        return [
            Tile(_("Questions"), f"{now.questions:,}", self._count(now.questions, before.questions)),
            Tile(
                _("Answered"),
                percent(now.share_answered),
                change_of_share(now.share_answered, before.share_answered),
            ),
            Tile(_("Users"), f"{self._users:,}", self._users_change()),
            Tile(
                _("Thumbs up"),
                percent(now.share_liked),
                change_of_share(now.share_liked, before.share_liked),
                _("%(up)s up, %(down)s down") % {"up": now.up, "down": now.down},
            ),
            Tile(
                _("Time to answer"),
                _milliseconds(now.latency(_MEDIAN)),
                change_of_latency(now.latency(_MEDIAN), before.latency(_MEDIAN)),
                _("95%% within %(time)s") % {"time": _milliseconds(now.latency(_SLOW))},
            ),
        ]

    def shares(self, dimension: Dimension) -> list[Share]:
        """Questions by what a dimension says of them, most first."""
        counts = self.figures.by(dimension)
        return [Share(name, count, count / counts.total()) for name, count in counts.most_common()]

    @cached_property
    def top_entries(self) -> list[EntryRow]:
        """The entries that were asked for most."""
        asked = [row for row in self._entries.rows if row.figures.hits and row.entry.topic != "smalltalk"]
        return sorted(asked, key=lambda row: -row.figures.hits)[:_TOP_ENTRIES]

    @cached_property
    def stale(self) -> int:
        """How many entries should be looked over, of those that were asked for."""
        return sum(row.is_stale and row.figures.hits > 0 for row in self._entries.rows)

    def complaints(self) -> list[LoggedRow]:
        """The newest words that came with a thumb down."""
        return self._newest(Sought(verdict="down", has_comment=True, span=self.period.span))

    def newest(self) -> list[LoggedRow]:
        """The newest questions."""
        return self._newest(Sought(span=self.period.span))

    def last_rebuild(self) -> Job | None:
        """The newest rebuild that was asked for here, or by the API."""
        return next(iter(self._reports.jobs().recent(1)), None)

    @property
    def since(self) -> str:
        """The period's first day, as a form takes it."""
        return datetime.fromtimestamp(self.period.span.start, self._timezone).date().isoformat()

    @cached_property
    def _parts(self) -> list[Figures]:
        now = self._reports.clock()
        spans = [part.span for part in self.period.parts]
        figures = self._reports.figures().figures
        # What is still to come need not be asked for.
        return [figures(span) if span.start <= now else Figures() for span in spans]

    @cached_property
    def _before(self) -> Figures:
        return total(map(self._reports.figures().figures, self.period.before))

    @cached_property
    def _entries(self) -> Entries:
        return Entries.read(self._reports, self._timezone, self._asked_span)

    @property
    def _asked_span(self) -> Span | None:
        return None if self.period.name == ALL else self.period.span

    @cached_property
    def _users(self) -> int:
        return self._reports.figures().users(self._asked_span)

    def _users_change(self) -> Change | None:
        before = self.period.span_before
        return change_of_count(self._users, self._reports.figures().users(before)) if before else None

    def _count(self, now: int, before: int) -> Change | None:
        return change_of_count(now, before) if self.period.before else None

    def _newest(self, sought: Sought) -> list[LoggedRow]:
        return self._reports.search().newest(sought, _NEWEST)


def _milliseconds(time: float | None) -> str:
    return "–" if time is None else f"{time:,.1f} ms" if time < 100 else f"{time:,.0f} ms"

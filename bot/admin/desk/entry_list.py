"""The live version's entries with their figures: which match, in which order, and which have gone stale."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.admin.desk.reports import Reports
from bot.admin.desk.words import mark
from bot.domain import Entry, Language
from bot.ports import KnowledgeIndex
from bot.reports_questions import EntryFigures, Span

# What may change without notice is to be looked over this often, everything else once a year.
VOLATILE_DAYS, USUAL_DAYS = 90, 365
# Knowledge languages, and one that is answered from each.
FOLDERS = {"zh": Language.SIMPLIFIED, "en": Language.ENGLISH}


@dataclass(frozen=True)
class EntryRow:
    """An entry and how it fares."""

    entry: Entry
    figures: EntryFigures
    is_stale: bool


@dataclass(frozen=True)
class EntryFilter:
    """What a page shows; what is empty does not matter. ``text``: a part of the id or of any phrasing."""

    text: str = ""
    language: str = ""
    topic: str = ""
    only: str = ""
    sort: str = ""

    def matches(self, row: EntryRow) -> bool:
        """Whether the row is shown."""
        entry = row.entry
        return (
            self.language in ("", entry.language)
            and self.topic in ("", entry.topic)
            and ONLY.get(self.only, ("", _any))[1](row)
            and _has(entry, self.text.casefold())
        )


@dataclass(frozen=True)
class Entries:
    """All of a version's entries, in the order of the knowledge base."""

    version: str
    rows: tuple[EntryRow, ...]

    @classmethod
    def read(cls, reports: Reports, timezone: ZoneInfo, span: Span | None = None) -> Entries:
        """With the figures of a span, or of all that is kept; raises IndexUnusableError or StoreError."""
        index, today = reports.index(), _today(reports, timezone)
        figures = _figures(index.entries, reports.figures().entries(span))
        return cls(index.version, tuple(_row(entry, figures, today) for entry in index.entries))

    @property
    def topics(self) -> list[str]:
        """All topics, in order."""
        return sorted({row.entry.topic for row in self.rows})

    def shown(self, wanted: EntryFilter) -> list[EntryRow]:
        """The rows that match, in the order that is wanted."""
        _, order = SORTS.get(wanted.sort) or SORTS[USUAL_SORT]
        return sorted(filter(wanted.matches, self.rows), key=order)


def entry_row(reports: Reports, timezone: ZoneInfo, folder: str, entry_id: str) -> EntryRow | None:
    """One entry of the live version, with its figures; None if it has none of that name."""
    twins = entry_twins(reports.index(), entry_id)
    if folder not in twins:
        return None
    figures = _figures(twins.values(), reports.figures().entries(entry=entry_id))
    return _row(twins[folder], figures, _today(reports, timezone))


def entry_twins(index: KnowledgeIndex, entry_id: str) -> dict[str, Entry]:
    """The entry by the knowledge languages it is there in."""
    found = {folder: index.entry(entry_id, language) for folder, language in FOLDERS.items()}
    return {folder: entry for folder, entry in found.items() if entry and entry.language == folder}


def is_stale(entry: Entry, today: date) -> bool:
    """Whether its date is so long ago that somebody should look it over; volatile ones need a date."""
    if not entry.as_of:
        return entry.is_volatile
    days = VOLATILE_DAYS if entry.is_volatile else USUAL_DAYS
    return _last_day(entry.as_of) < today - timedelta(days)


def _last_day(as_of: str) -> date:
    """Of a year or a month that is all that is said, or where a month has no such day."""
    year, month, day = (*map(int, as_of.split("-")), 0, 0)[:3]
    year, month = min(max(year, MINYEAR), MAXYEAR), month or 12
    last = monthrange(year, month)[1]
    return date(year, month, min(day or last, last))


def _row(entry: Entry, figures: dict[tuple[str, str], EntryFigures], today: date) -> EntryRow:
    key = (entry.id, entry.language)
    return EntryRow(entry, figures.get(key, EntryFigures(*key)), is_stale(entry, today))


def _today(reports: Reports, timezone: ZoneInfo) -> date:
    return datetime.fromtimestamp(reports.clock(), timezone).date()


def _figures(entries: Iterable[Entry], found: Iterable[EntryFigures]) -> dict[tuple[str, str], EntryFigures]:
    """An entry that there is in one language only has also answered in the other."""
    there = {(entry.id, entry.language) for entry in entries}
    figures: dict[tuple[str, str], EntryFigures] = {}
    for one in found:
        other = (one.entry, {"zh": "en", "en": "zh"}[one.language])
        key = (one.entry, one.language)
        key = key if key in there else other
        figures[key] = _added(figures[key], one) if key in figures else one
    return figures


def _added(one: EntryFigures, other: EntryFigures) -> EntryFigures:
    times = [asked for asked in (one.last_asked, other.last_asked) if asked is not None]
    return replace(
        one,
        hits=one.hits + other.hits,
        up=one.up + other.up,
        down=one.down + other.down,
        last_asked=max(times, default=None),
    )


def _has(entry: Entry, text: str) -> bool:
    return not text or any(text in words.casefold() for words in (entry.id, *entry.questions))


def _any(_row: EntryRow) -> bool:
    return True


# Value -> title, and which rows.
ONLY: dict[str, tuple[str, Callable[[EntryRow], bool]]] = {
    "stale": (mark("Stale"), lambda row: row.is_stale),
    "volatile": (mark("May change"), lambda row: row.entry.is_volatile),
    "never": (mark("Never asked"), lambda row: not row.figures.hits),
    "down": (mark("With thumbs down"), lambda row: bool(row.figures.down)),
}
USUAL_SORT = "asked"
# Value -> title, and the order.
SORTS: dict[str, tuple[str, Callable[[EntryRow], tuple[object, ...]]]] = {
    "asked": (mark("Most asked"), lambda row: (-row.figures.hits,)),
    "down": (mark("Most thumbs down"), lambda row: (-row.figures.down, -row.figures.hits)),
    "last": (mark("Last asked"), lambda row: (-(row.figures.last_asked or 0.0),)),
    "stale": (mark("Stale, most asked"), lambda row: (not row.is_stale, -row.figures.hits)),
    "old": (mark("Oldest date"), lambda row: (row.entry.as_of or "9", -row.figures.hits)),
}

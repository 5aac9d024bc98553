"""``/admin/entries``: what the live version knows, how often it is asked for, and what has gone stale."""

from __future__ import annotations

from dataclasses import asdict, fields
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from bot.admin.desk.entry_list import (
    FOLDERS,
    ONLY,
    SORTS,
    USUAL_DAYS,
    VOLATILE_DAYS,
    Entries,
    EntryFilter,
    EntryRow,
    entry_row,
    entry_twins,
)
from bot.admin.desk.given_numbers import number_given
from bot.admin.desk.names import LANGUAGES
from bot.admin.desk.periods import ALL, PERIODS, period
from bot.admin.desk.reports import Reports
from bot.admin.desk.words import gettext as _
from bot.domain import Source
from bot.ports import KnowledgeIndex
from bot.reports_questions import Sought, Span

_AT_ONCE = 50
_NEWEST = 10


def add_entries_pages(blueprint: Blueprint, reports: Reports, timezone: ZoneInfo) -> None:
    """The list, and one entry."""

    @blueprint.get("/entries")
    def entries() -> str:
        wanted, period_name = _wanted(), request.args.get("period", ALL)
        all_of_them = Entries.read(reports, timezone, _span(reports, period_name, timezone))
        shown = all_of_them.shown(wanted)
        start = number_given("start", 0)
        return render_template(
            "desk/entries.html",
            entries=all_of_them,
            rows=shown[start : start + _AT_ONCE],
            found=len(shown),
            start=start,
            at_once=_AT_ONCE,
            wanted=wanted,
            arguments=_arguments(wanted, period_name),
            period_name=period_name,
            periods=PERIODS,
            folders={folder: LANGUAGES[folder] for folder in FOLDERS},
            only=ONLY,
            sorts=SORTS,
            days=(VOLATILE_DAYS, USUAL_DAYS),
        )

    @blueprint.get("/entries/<any(zh, en):folder>/<path:entry_id>")
    def entry(folder: str, entry_id: str) -> str:
        row = entry_row(reports, timezone, folder, entry_id)
        if row is None:
            raise NotFound(_("The live version has no such entry. Look for it in the list of entries."))
        index = reports.index()
        twin = next((other for other in entry_twins(index, entry_id) if other != folder), "")
        # Asked in the other language, an entry that is there in this one only has answered too.
        sought = Sought(entry=entry_id, language=folder if twin else "")
        return render_template(
            "desk/entry.html",
            row=row,
            twin=twin,
            sources=_sources(index, row),
            related=_related(index, row),
            newest=reports.search().newest(sought, _NEWEST),
        )


def _wanted() -> EntryFilter:
    return EntryFilter(**{f.name: request.args.get(f.name, "").strip() for f in fields(EntryFilter)})


def _arguments(wanted: EntryFilter, period_name: str) -> dict[str, str]:
    """What the address of another page of the same list carries."""
    given = {name: value for name, value in asdict(wanted).items() if value}
    return given | ({"period": period_name} if period_name != ALL else {})


def _span(reports: Reports, name: str, timezone: ZoneInfo) -> Span | None:
    if name not in PERIODS or name == ALL:
        return None
    return period(name, reports.clock(), timezone, None).span


def _sources(index: KnowledgeIndex, row: EntryRow) -> list[Source]:
    return [index.sources[name] for name in row.entry.sources if name in index.sources]


def _related(index: KnowledgeIndex, row: EntryRow) -> list[tuple[str, str, str]]:
    """Folder, id and question of each."""
    found = (index.entry(name, FOLDERS[row.entry.language]) for name in row.entry.related)
    return [(entry.language, entry.id, entry.question) for entry in found if entry]

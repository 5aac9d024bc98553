"""``/admin/entries``: what the live version knows, how often it is asked for, and what has gone stale."""

from __future__ import annotations

from dataclasses import asdict, fields
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from bot.admin.desk.entry_list import (
    ONLY,
    SORTS,
    USUAL_DAYS,
    VOLATILE_DAYS,
    Entries,
    EntryFilter,
    EntryRow,
)
from bot.admin.desk.names import LANGUAGES
from bot.admin.desk.periods import ALL, PERIODS, period
from bot.admin.desk.reports import Reports
from bot.admin.desk.words import gettext as _
from bot.domain import Language, Source
from bot.ports import KnowledgeIndex
from bot.reports_questions import LoggedRow, Sought, Span

_AT_ONCE = 50
_NEWEST = 10
_FOLDERS = {"zh": Language.SIMPLIFIED, "en": Language.ENGLISH}


def add_entries_pages(blueprint: Blueprint, reports: Reports, timezone: ZoneInfo) -> None:
    """The list, and one entry."""

    @blueprint.get("/entries")
    def entries() -> str:
        wanted, period_name = _wanted(), request.args.get("period", ALL)
        all_of_them = Entries.read(reports, timezone, _span(reports, period_name, timezone))
        shown = all_of_them.shown(wanted)
        start = max(0, request.args.get("start", 0, type=int))
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
            folders={folder: LANGUAGES[folder] for folder in _FOLDERS},
            only=ONLY,
            sorts=SORTS,
            days=(VOLATILE_DAYS, USUAL_DAYS),
        )

    @blueprint.get("/entries/<any(zh, en):folder>/<path:entry_id>")
    def entry(folder: str, entry_id: str) -> str:
        index = reports.index()
        row = Entries.read(reports, timezone).find(folder, entry_id)
        if row is None:
            raise NotFound(_("The live version has no such entry. Look for it in the list of entries."))
        return render_template(
            "desk/entry.html",
            row=row,
            twin=_twin(index, row),
            sources=_sources(index, row),
            related=_related(index, row),
            newest=_newest(reports, index, row),
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


def _twin(index: KnowledgeIndex, row: EntryRow) -> str:
    """The other language, if the entry is there too."""
    other = "zh" if row.entry.language == "en" else "en"
    found = index.entry(row.entry.id, _FOLDERS[other])
    return other if found and found.language == other else ""


def _sources(index: KnowledgeIndex, row: EntryRow) -> list[Source]:
    return [index.sources[name] for name in row.entry.sources if name in index.sources]


def _related(index: KnowledgeIndex, row: EntryRow) -> list[tuple[str, str, str]]:
    """Folder, id and question of each."""
    found = (index.entry(name, _FOLDERS[row.entry.language]) for name in row.entry.related)
    return [(entry.language, entry.id, entry.question) for entry in found if entry]


def _newest(reports: Reports, index: KnowledgeIndex, row: EntryRow) -> list[LoggedRow]:
    """The newest questions it answered, in both languages if it is there in this one only."""
    language = row.entry.language if _twin(index, row) else ""
    return reports.search().newest(Sought(entry=row.entry.id, language=language), _NEWEST)

"""``/admin/unanswered``: what customers asked in vain, grouped by what they wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.admin.desk.entry_form import EntryForm, form_of
from bot.admin.desk.entry_preview import show_preview
from bot.admin.desk.given_numbers import number_given
from bot.admin.desk.teaching import Audit, Notify, Teaching
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark
from bot.domain import Entry
from bot.reports_teaching import DistinctQuestion, Overview, QuestionGroup, Want, restricted

AT_ONCE = 20
# How often a group that was put aside may be asked before it comes back.
USUAL_TIMES, _MOST_TIMES = 10, 1_000_000
_DAY = 86_400.0
_FOUND = 20
_SHOWN_OF_KEY = 12
PERIODS = {"7": mark("Last 7 days"), "30": mark("Last 30 days"), "all": mark("Everything kept")}
WANTS = {
    Want.ABSTAIN: mark("no answer"),
    Want.CLARIFY: mark("asked back"),
    Want.DOWN: mark("answer disliked"),
}


@dataclass(frozen=True)
class _Filter:
    """What is shown; the address of the page says it."""

    period: str
    want: str
    aside: bool

    @classmethod
    def asked(cls) -> _Filter:
        period, want = request.args.get("period", ""), request.args.get("want", "")
        known = [one.value for one in Want]
        return cls(
            period if period in PERIODS else "all",
            want if want in known else "",
            bool(request.args.get("aside")),
        )

    def shown(self, overview: Overview, now: float) -> list[QuestionGroup]:
        wants = [Want(self.want)] if self.want else list(Want)
        since = 0.0 if self.period == "all" else now - int(self.period) * _DAY
        groups = restricted(overview.groups or (), wants, since)
        return [group for group in groups if (group.dismissal is not None) is self.aside]


def add_unanswered_pages(blueprint: Blueprint, teaching: Teaching, audit: Audit, notify: Notify) -> None:
    """The list, putting a group aside, and adding a group to an entry."""

    @blueprint.get("/unanswered")
    def unanswered() -> str:
        overview, chosen = teaching.unanswered.overview(), _Filter.asked()
        groups = chosen.shown(overview, teaching.clock())
        page = number_given("page", 1, least=1)
        return render_template(
            "desk/unanswered.html",
            overview=overview,
            groups=groups[AT_ONCE * (page - 1) : AT_ONCE * page],
            found=len(groups),
            asked=sum(len(group.asks) for group in groups),
            page=page,
            has_more=len(groups) > AT_ONCE * page,
            chosen=chosen,
            periods=PERIODS,
            wants=WANTS,
            times=USUAL_TIMES,
        )

    @blueprint.post("/unanswered/put-aside")
    def put_aside() -> Response:
        group = _group(teaching)
        times = number_given("times", USUAL_TIMES, 1, _MOST_TIMES)
        teaching.unanswered.dismiss(group, times)
        audit(mark("Put unanswered questions aside"), _subject(group))
        notify(_("Put aside until it is asked %(times)s more times.") % {"times": times})
        return redirect(_list_address(), 303)

    @blueprint.post("/unanswered/take-back")
    def take_back() -> Response:
        group = _group(teaching)
        teaching.unanswered.restore(group)
        audit(mark("Took unanswered questions back"), _subject(group))
        notify(_("It is in the list again."))
        return redirect(_list_address(), 303)

    @blueprint.get("/unanswered/new")
    def teach_question() -> Response:
        return redirect(url_for("desk.new_entry", question=request.args.get("question", "")))

    @blueprint.get("/unanswered/add")
    def choose_entry() -> str:
        return _choice(teaching, _group(teaching))

    @blueprint.post("/unanswered/add")
    def add_to_entry() -> str:
        group = _group(teaching)
        ticked = set(request.form.getlist("phrasing"))
        questions = [question for question in group.questions if question.key in ticked]
        entries = _entries(teaching, request.form.get("entry", ""))
        if not questions or not entries:
            problem = (
                _("Choose an entry that stands in a file of entries.")
                if questions
                else _("Tick at least one question.")
            )
            return _choice(teaching, group, problem)
        return show_preview(teaching, _extended(teaching, entries, questions))


def _list_address() -> str:
    """The list as it was, from the fields of a form."""
    period, want, aside = (request.form.get(name) or None for name in ("period", "want", "aside"))
    return url_for("desk.unanswered", period=period, want=want, aside=aside)


def _group(teaching: Teaching) -> QuestionGroup:
    """The group that the request names by the key of one of its questions."""
    key = request.values.get("group", "")
    for group in teaching.unanswered.overview().groups or ():
        if any(question.key == key for question in group.questions):
            return group
    raise NotFound(_("These questions are not in the list any more. Go back to it and load it again."))


def _subject(group: QuestionGroup) -> str:
    """What the audit log calls a group: it outlives the questions, whose words it must not keep."""
    return f"{group.key[:_SHOWN_OF_KEY]} ×{len(group.asks)}"


def _choice(teaching: Teaching, group: QuestionGroup, problem: str = "") -> str:
    sought = request.args.get("q", "").strip()
    return render_template(
        "desk/add_to_entry.html",
        group=group,
        problem=problem,
        sought=sought,
        found=_search(teaching, sought) if sought else (),
        ticked=set(request.form.getlist("phrasing")) or {question.key for question in group.questions},
    )


def _search(teaching: Teaching, sought: str) -> list[Entry]:
    """Entries that have the words somewhere, one an id."""
    words = sought.casefold().split()
    found: dict[str, Entry] = {}
    for entry in teaching.editor.base().entries:
        text = "\n".join([entry.id, *entry.questions, entry.answer]).casefold()
        if all(word in text for word in words) and entry.id not in found:
            found[entry.id] = entry
    return list(found.values())[:_FOUND]


def _entries(teaching: Teaching, entry_id: str) -> dict[str, Entry]:
    """The entry in each knowledge language that has it."""
    found = [entry for entry in teaching.editor.base().entries if entry.id == entry_id]
    return {entry.language: entry for entry in found if teaching.editor.is_editable(entry)}


def _extended(
    teaching: Teaching, entries: dict[str, Entry], questions: list[DistinctQuestion]
) -> list[EntryForm]:
    """The forms of the entries that get the questions, each in its own language where there is one."""
    forms: dict[str, EntryForm] = {}
    for question in questions:
        language = question.language if question.language in entries else next(iter(entries))
        entry = entries[language]
        form = forms.get(language) or form_of(entry, teaching.editor.digest(entry))
        forms[language] = form.with_phrasings([question.text])
    return list(map(replace, forms.values()))

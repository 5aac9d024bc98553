"""``/admin/console/check``: a question becomes a check that every later version must meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.adding_checks import add_check, alike, line_of, new_check
from bot.admin.desk.console import ConsoleParts, questions_given
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark
from bot.answering.answerer import Answerer
from bot.answering.explaining import HITS_SHOWN, Asked, explain
from bot.channels.schemas import MAX_QUESTION
from bot.checks import CHECKS_FILE, CheckResult, ask
from bot.domain import Entry, Language
from bot.errors import BotError
from bot.evaluation import Dialogue, Labelled
from bot.ports import no_progress

# What the form sends for a question that must not be answered.
NONE = "-"


@dataclass(frozen=True)
class Draft:
    """A check as the form has it: ``expected`` are ids of entries, none for what must not be answered."""

    question: str
    before: tuple[str, ...]
    expected: tuple[str, ...]

    @property
    def check(self) -> Labelled | Dialogue:
        """The check that it comes to."""
        return new_check(self.question, self.expected, self.before)


def add_checks_page(
    blueprint: Blueprint,
    parts: ConsoleParts,
    audit: Callable[[str, str], None],
    notify: Callable[[str], None],
) -> None:
    """What the check would be and whether the live version meets it; then it is added."""

    @blueprint.get("/console/check")
    def console_check() -> Response:
        return _form(parts)

    @blueprint.post("/console/check")
    def add_console_check() -> Response:
        draft = _draft()
        if problem := _problem(parts.answerer, draft):
            return _form(parts, problem)
        try:
            number = add_check(parts.knowledge_dir, draft.check)
        except BotError as error:
            return _form(parts, str(error))
        audit(mark("Added a check"), line_of(draft.check))
        notify(
            _("The check is line %(number)s of %(file)s. The next rebuild asks it.")
            % {"number": number, "file": CHECKS_FILE}
        )
        return redirect(url_for("desk.console", question=draft.question, before="\n".join(draft.before)), 303)


def _draft() -> Draft:
    question, before = questions_given()
    chosen = [name.strip() for name in request.values.getlist("expected")]
    typed = request.values.get("other", "").replace(",", " ").split()
    expected = typed or [name for name in chosen if name not in ("", NONE)]
    return Draft(question, before, tuple(dict.fromkeys(expected)))


def _problem(answerer: Answerer, draft: Draft) -> str:
    """Why the draft is no check; empty if it is one."""
    if not draft.question:
        return _("Write a question.")
    index = answerer.index()
    unknown = [name for name in draft.expected if not index.entry(name, Language.SIMPLIFIED)]
    if unknown:
        names = ", ".join(unknown)
        return _("There is no entry %(names)s in the live version. Check the id.") % {"names": names}
    return ""


def _form(parts: ConsoleParts, problem: str = "") -> Response:
    """The form with what it comes to so far."""
    answerer, draft = parts.answerer.at_one_version(), _draft()
    try:
        problem = problem or _problem(answerer, draft)
        results = () if problem else ask([draft.check], answerer.index(), no_progress)
        known = alike(parts.knowledge_dir, draft.check) if draft.question else []
        page = _rendered(draft, results, known, _choices(answerer, draft), problem)
    except BotError as error:
        page = _rendered(draft, (), [], [], str(error))
    return make_response(page, HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK)


def _rendered(
    draft: Draft, results: Sequence[CheckResult], known: list[str], choices: list[Entry], problem: str
) -> str:
    line = line_of(draft.check) if draft.question and not problem else ""
    ids = {entry.id for entry in choices}
    typed = " ".join(name for name in draft.expected if name not in ids)
    shown = {"draft": draft, "result": results[-1] if results else None, "known": known, "line": line}
    return render_template(
        "desk/check.html",
        choices=choices,
        typed=typed,
        problem=problem,
        none=NONE,
        file=CHECKS_FILE,
        most=MAX_QUESTION,
        **shown,
    )


def _choices(answerer: Answerer, draft: Draft) -> list[Entry]:
    """The entries nearest to the question."""
    if not draft.question:
        return []
    found = explain(answerer, Asked(draft.question, None, draft.before), most=HITS_SHOWN).explanation
    entries = (answerer.index().entry(hit.entry_id, found.language) for hit in found.hits)
    return [entry for entry in entries if entry]

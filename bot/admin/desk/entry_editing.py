"""New entries and changed ones: the form, the preview of what would be written, and writing it."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from bot.admin.desk.entry_form import EntryForm, form_of, sent_form
from bot.admin.desk.entry_preview import (
    existing,
    missing_forms,
    saved,
    show_form,
    show_preview,
    twin_of,
)
from bot.admin.desk.teaching import Audit, Notify, Teaching
from bot.admin.desk.words import gettext as _
from bot.answering.normalising import detect_language
from bot.knowledge.loader import LANGUAGES
from bot.knowledge.rows import RowError
from bot.reports_teaching import QuestionGroup

_SHARED = ("id", "topic", "applies", "as_of", "is_volatile", "grade", "sources", "related", "includes")


def add_entry_editing_pages(blueprint: Blueprint, teaching: Teaching, audit: Audit, notify: Notify) -> None:
    """``/admin/entries/new``, ``…/edit`` and what their forms lead to."""

    @blueprint.get("/entries/new")
    def new_entry() -> str:
        return show_form(teaching, _new_forms(teaching))

    @blueprint.get("/entries/<any(zh, en):folder>/<path:entry_id>/edit")
    def edit_entry(folder: str, entry_id: str) -> str:
        entry = existing(teaching, folder, entry_id)
        forms = [form_of(entry, teaching.editor.digest(entry))]
        twins = [e for e in teaching.editor.base().entries if e.id == entry_id and e.language != folder]
        if twins:
            return show_form(teaching, forms, twin=twins[0])
        return show_form(teaching, [*forms, twin_of(forms[0])])

    @blueprint.post("/entries/draft")
    def entry_draft() -> Response | str:
        """Every form leads here: back to the form, to the preview, or to the files."""
        forms, step = _sent(), request.form.get("step", "")
        if step == "form":
            return show_form(teaching, [*forms, *missing_forms(forms)])
        if step not in ("save", "rebuild"):
            return show_preview(teaching, forms)
        try:
            wishes = [form.wish() for form in forms]
        except RowError as error:
            return show_form(teaching, forms, str(error))
        return saved(teaching, wishes, audit, notify) or show_preview(teaching, forms, is_overtaken=True)


def _sent() -> list[EntryForm]:
    forms = [form for language in LANGUAGES if (form := sent_form(request.form, language))]
    # The one that has the facts, which the other shares.
    forms.sort(key=lambda form: f"{form.language}-grade" not in request.form)
    if not forms:
        raise BadRequest(_("The form was empty. Open it again from the list."))
    written = [form for form in forms if not form.is_empty or form.seen]
    return _sharing_facts(written or forms[:1], forms[0])


def _sharing_facts(forms: list[EntryForm], leading: EntryForm) -> list[EntryForm]:
    """An entry has the same id in both languages; a new one gets the other's facts as well."""
    facts = {name: getattr(leading, name) for name in _SHARED}
    if not leading.id.strip():
        try:
            facts["id"] = forms[0].wish().key[1]
        except RowError:
            return forms
    return [form if form.seen else replace(form, **facts) for form in forms]


def _new_forms(teaching: Teaching) -> list[EntryForm]:
    """Prefilled with a group's questions, or with one question."""
    group = _asked_group(teaching)
    question = group.text if group else request.args.get("question", "").strip()
    language = group.questions[0].language if group else detect_language(question).knowledge
    forms = [EntryForm(name, as_of=teaching.today()) for name in LANGUAGES]
    forms.sort(key=lambda form: form.language != language)
    if group is None:
        return [replace(forms[0], question=question), forms[1]]
    own, others = (
        [q.text for q in group.questions if (q.language == language) is is_own] for is_own in (True, False)
    )
    first = replace(forms[0], question=question, phrasings="\n".join(own[1:]))
    if not others:
        return [first, forms[1]]
    return [first, replace(forms[1], question=others[0], phrasings="\n".join(others[1:]))]


def _asked_group(teaching: Teaching) -> QuestionGroup | None:
    key = request.args.get("group", "")
    groups = teaching.unanswered.overview().groups if key else ()
    return next((g for g in groups or () if any(q.key == key for q in g.questions)), None)

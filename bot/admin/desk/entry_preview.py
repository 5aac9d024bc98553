"""What the pages on which entries are changed have in common: form, preview, writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.admin.desk.entry_form import EntryForm
from bot.admin.desk.markdown import to_html
from bot.admin.desk.rebuilds import rebuild_asked_for
from bot.admin.desk.teaching import Audit, Notify, Teaching
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark
from bot.domain import Entry, Grade
from bot.knowledge.drafts import Overtaken, Wish
from bot.knowledge.loader import LANGUAGES
from bot.knowledge.markdown import APPLIES
from bot.knowledge.rows import RowError
from bot.reports_teaching import KnowledgeEdit

APPLIES_WORDS = {
    "both": mark("every mini program"),
    "ordinary": mark("ordinary mini programs"),
    "ecommerce": mark("mini programs that sell"),
}
GRADE_WORDS = {
    Grade.OFFICIAL: mark("A: official"),
    Grade.SEVERAL: mark("B: several sources"),
    Grade.REPORTED: mark("C: one source"),
    Grade.CONFLICTING: mark("sources disagree"),
}
_CHANGED, _REMOVED = mark("Changed an entry"), mark("Removed an entry")


def existing(teaching: Teaching, folder: str, entry_id: str) -> Entry:
    """The entry as its file has it; raises NotFound, naming what to do."""
    for entry in teaching.editor.base().entries:
        if (entry.language, entry.id) == (folder, entry_id):
            if teaching.editor.is_editable(entry):
                return entry
            raise NotFound(
                _("This entry stands in a plain document; edit its file: %(file)s") % {"file": entry.place}
            )
    raise NotFound(_("The knowledge folder has no such entry any more. Look for it in the list of entries."))


def show_form(
    teaching: Teaching, forms: Sequence[EntryForm], problem: str = "", twin: Entry | None = None
) -> str:
    """The form, with what is wrong in it; ``twin``: the entry in the other language, if it is there."""
    base = teaching.editor.base()
    return render_template(
        "desk/entry_form.html",
        forms=forms,
        problem=problem,
        twin=twin,
        topics=sorted({entry.topic for entry in base.entries if entry.topic}),
        sources=base.sources,
        applies={name: APPLIES_WORDS[name] for name in APPLIES},
        grades=GRADE_WORDS,
        today=teaching.today(),
    )


def show_preview(teaching: Teaching, forms: Sequence[EntryForm], *, is_overtaken: bool = False) -> str:
    """What would be written, or the form again with what is wrong in it."""
    try:
        wishes = [form.wish() for form in forms]
    except RowError as error:
        return show_form(teaching, [*forms, *missing_forms(forms)], str(error))
    draft = teaching.editor.draft(wishes)
    if draft.overtaken and not any(form.seen for form in forms):
        taken = _("There is an entry %(id)s already. Choose another id, or change that entry.")
        return show_form(teaching, [*forms, *missing_forms(forms)], taken % {"id": draft.overtaken[0][1]})
    if draft.overtaken:
        # What is there now is what the next click may write over: it has been shown.
        current = {(e.language, e.id): e for e in teaching.editor.base().entries}
        others = [current[key] for key in draft.overtaken if key in current]
        digests = {(entry.language, entry.id): teaching.editor.digest(entry) for entry in others}
        forms = [replace(form, seen=digests.get(w.key, "")) for form, w in zip(forms, wishes, strict=True)]
        draft = teaching.editor.draft([form.wish() for form in forms])
        is_overtaken = True
    return render_template(
        "desk/edit_preview.html",
        forms=forms,
        draft=draft,
        entries=[wish.entry for wish in wishes],
        is_overtaken=is_overtaken,
        to_html=to_html,
    )


def missing_forms(forms: Sequence[EntryForm]) -> list[EntryForm]:
    """An empty form for the other language, if there is none."""
    return [twin_of(forms[0])] if len(forms) == 1 else []


def twin_of(form: EntryForm) -> EntryForm:
    """An empty form for the same entry in the other language."""
    other = next(language for language in LANGUAGES if language != form.language)
    return EntryForm(other, id=form.id)


def saved(teaching: Teaching, wishes: Sequence[Wish], audit: Audit, notify: Notify) -> Response | None:
    """Write and go on to the changes; None where somebody else was first."""
    try:
        edits = teaching.editor.save(wishes, teaching.edits())
    except Overtaken:
        return None
    _record(edits, audit)
    if request.form.get("step") != "rebuild":
        notify(_("Saved. Customers get it with the next rebuild."))
        return redirect(url_for("desk.edits"), 303)
    return rebuilding(teaching, audit, notify)


def rebuilding(teaching: Teaching, audit: Audit, notify: Notify) -> Response:
    """On to the rebuild that makes the changes live."""
    job, is_new = rebuild_asked_for(teaching.jobs(), teaching.start, audit)
    if not is_new:
        notify(
            _("A rebuild was under way already, perhaps without your change. “Changes” tells what is live.")
        )
    return redirect(url_for("desk.rebuild", job_id=job.id), 303)


def _record(edits: Iterable[KnowledgeEdit], audit: Audit) -> None:
    for edit in edits:
        audit(_CHANGED if edit.after else _REMOVED, f"{edit.language}/{edit.entry}: {edit.question}")

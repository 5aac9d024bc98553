"""``/admin/edits``: what was changed in the knowledge, whether it is live, and taking it back."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.admin.desk.entry_preview import rebuilding
from bot.admin.desk.given_numbers import end_given
from bot.admin.desk.teaching import Audit, Notify, Teaching
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark
from bot.knowledge.drafts import Overtaken

_AT_ONCE = 30


def add_edits_page(blueprint: Blueprint, teaching: Teaching, audit: Audit, notify: Notify) -> None:
    """The list, a rebuild of all that is not live yet, and undoing one."""

    @blueprint.get("/edits")
    def edits() -> str:
        found = teaching.edits().recent(_AT_ONCE, end_given())
        return render_template(
            "desk/edits.html",
            running=next((job for job in teaching.jobs().recent(1) if not job.state.is_over), None),
            edits=found,
            older=found[-1].id if len(found) == _AT_ONCE else None,
            is_live=teaching.is_live(),
        )

    @blueprint.post("/edits/rebuild")
    def rebuild_edits() -> Response:
        return rebuilding(teaching, audit, notify)

    @blueprint.post("/edits/<int(max=2147483647):number>/undo")
    def undo_edit(number: int) -> Response:
        edit = teaching.edits().find(number)
        if edit is None or edit.undone_at is not None:
            raise NotFound(_("This change is not there any more, or was taken back already."))
        try:
            teaching.editor.undo(edit, teaching.edits())
        except Overtaken:
            notify(_("These lines were changed since, so nothing was taken back. Edit the entry instead."))
            return redirect(url_for("desk.edits"), 303)
        audit(mark("Took a change back"), f"{edit.language}/{edit.entry}: {edit.question}")
        notify(_("Taken back. The file is as it was before this change."))
        return redirect(url_for("desk.edits"), 303)

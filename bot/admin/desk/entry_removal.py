"""``…/remove``: an entry goes, after a look at what that means."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.admin.desk.entry_preview import existing, saved
from bot.admin.desk.markdown import to_html
from bot.admin.desk.teaching import Audit, Notify, Teaching
from bot.admin.desk.words import gettext as _
from bot.knowledge.drafts import Wish


def add_entry_removal_pages(blueprint: Blueprint, teaching: Teaching, audit: Audit, notify: Notify) -> None:
    """What would go, and letting it go; the change can be taken back."""

    @blueprint.get("/entries/<any(zh, en):folder>/<path:entry_id>/remove")
    def confirm_removal(folder: str, entry_id: str) -> str:
        entry = existing(teaching, folder, entry_id)
        wish = Wish((folder, entry_id), None, teaching.editor.digest(entry))
        draft = teaching.editor.draft([wish])
        return render_template("desk/remove_entry.html", entry=entry, wish=wish, draft=draft, to_html=to_html)

    @blueprint.post("/entries/<any(zh, en):folder>/<path:entry_id>/remove")
    def remove_entry(folder: str, entry_id: str) -> Response:
        wish = Wish((folder, entry_id), None, request.form.get("seen", ""))
        if done := saved(teaching, [wish], audit, notify):
            return done
        notify(_("Somebody changed this entry meanwhile. Look at it again before you remove it."))
        return redirect(url_for("desk.confirm_removal", folder=folder, entry_id=entry_id), 303)

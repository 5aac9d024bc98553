"""The desk's pages in the order of its menu."""

from __future__ import annotations

from bot.admin.desk.words import mark

# Endpoint and title.
PAGES = (
    ("desk.today", mark("Overview")),
    ("desk.unanswered", mark("Unanswered")),
    ("desk.entries", mark("Entries")),
    ("desk.edits", mark("Changes")),
    ("desk.conversations", mark("Conversations")),
    ("desk.console", mark("Test console")),
    ("desk.versions", mark("Versions")),
    ("desk.rebuilds", mark("Rebuilds")),
    ("desk.settings", mark("Settings")),
    ("desk.audit", mark("Audit log")),
)

"""What versions, and what was done to them, are called."""

from __future__ import annotations

from bot.admin.desk.words import mark
from bot.retrieval.history import Action
from bot.version_diff import Turn
from bot.versions_overview import State

STATES = {
    State.LIVE: mark("live"),
    State.PREVIOUS: mark("previous"),
    State.REJECTED: mark("rejected"),
}
ACTIONS = {
    Action.PUBLISH: mark("published"),
    Action.FORCE: mark("published by force"),
    Action.REJECT: mark("rejected"),
    Action.ROLL_BACK: mark("gone back to"),
    Action.PUBLISH_REJECTED: mark("published although rejected"),
    Action.SET_ASIDE: mark("set aside: another one was made live meanwhile"),
    Action.KEEP: mark("kept: nothing had changed"),
}
TURNS = {
    Turn.LOST: mark("lost"),
    Turn.WON: mark("won"),
    Turn.CHANGED: mark("other answer"),
    Turn.NEW: mark("newly asked"),
    Turn.DROPPED: mark("no longer asked"),
}
COUNTS = {
    "entries": mark("Entries"),
    "phrasing": mark("Phrasings"),
    "passage": mark("Passages"),
    "background": mark("Background questions"),
}
FIELDS = {
    "question": mark("Question"),
    "phrasings": mark("Phrasings"),
    "not_this": mark("Not this"),
    "answer": mark("Answer"),
    "topic": mark("Topic"),
    "applies": mark("Applies to"),
    "as_of": mark("True on"),
    "is_volatile": mark("Changes often"),
    "grade": mark("Grade"),
    "label": mark("Label"),
    "sources": mark("Sources"),
    "related": mark("Related entries"),
    "includes": mark("Includes"),
}

"""What states and stages of a rebuild are called."""

from __future__ import annotations

from bot.admin.desk.words import in_words, mark
from bot.domain import JobState
from bot.sentences import Sentence

STATES = {
    JobState.QUEUED: mark("starting"),
    JobState.RUNNING: mark("running"),
    JobState.SUCCEEDED: mark("succeeded"),
    JobState.REJECTED: mark("rejected"),
    JobState.FAILED: mark("failed"),
}


def stage_name(what: str) -> str:
    """A stage in the page's language."""
    return in_words(what if isinstance(what, Sentence) else Sentence(what))

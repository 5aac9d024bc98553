"""What states and stages of a rebuild are called."""

from __future__ import annotations

from bot.admin.desk.words import gettext, mark
from bot.domain import JobState

STATES = {
    JobState.QUEUED: mark("starting"),
    JobState.RUNNING: mark("running"),
    JobState.SUCCEEDED: mark("succeeded"),
    JobState.REJECTED: mark("rejected"),
    JobState.FAILED: mark("failed"),
}
# As a build reports them; what follows is told as it is.
_STAGES = (
    mark("reading the knowledge"),
    mark("normalising the questions"),
    mark("embedding"),
    mark("training the decision"),
    mark("calibrating"),
    mark("writing the version"),
    mark("asking the checks"),
    mark("waiting for"),
    mark("importing the model libraries"),
    mark("loading the model"),
    mark("exporting"),
    mark("fusing"),
    mark("quantising"),
    mark("comparing with the original"),
    mark("model ready"),
)


def stage_name(what: str) -> str:
    """A stage in the page's language."""
    known = next((stage for stage in _STAGES if what.startswith(stage)), "")
    return gettext(known) + what[len(known) :] if known else what

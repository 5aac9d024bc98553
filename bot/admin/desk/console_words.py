"""What the test console calls signals and the parts of a score."""

from __future__ import annotations

from bot.admin.desk.words import mark

SIGNALS = {
    "best phrasing": mark("Nearest phrasing"),
    "best background": mark("Nearest background question"),
    "out of scope": mark("Out of scope, says the classifier"),
    "margin": mark("Lead over the next entry"),
    "best score": mark("Best score"),
    "length": mark("Length"),
}
FIELDS = {
    "score": mark("Score"),
    "phrasing": mark("Phrasing"),
    "passage": mark("Passage"),
    "lexical": mark("Words"),
    "belief": mark("Classifier"),
}

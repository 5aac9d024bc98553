"""What the test console calls outcomes, signals and the sentences that say why."""

from __future__ import annotations

from bot.admin.desk.words import mark
from bot.channels.wechat.accounts import AccountKind
from bot.domain import Language, OutcomeKind

OUTCOMES = {
    OutcomeKind.ANSWER: mark("Answered"),
    OutcomeKind.CLARIFY: mark("Asked back"),
    OutcomeKind.SMALLTALK: mark("Small talk"),
    OutcomeKind.HANDOFF: mark("Handed over"),
    OutcomeKind.ABSTAIN: mark("Not answered"),
}
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
KINDS = {
    AccountKind.OFFICIAL: mark("Official account"),
    AccountKind.MINI: mark("Mini program"),
}
LANGUAGES = {
    Language.SIMPLIFIED: mark("Simplified Chinese"),
    Language.TRADITIONAL: mark("Traditional Chinese"),
    Language.ENGLISH: mark("English"),
}

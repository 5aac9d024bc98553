"""Why a question gets the reply it gets: what the answerer saw, and a sentence that sums it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.answering.answerer import NEAR, Answerer
from bot.answering.conversation import Converser
from bot.answering.normalising import normalise
from bot.domain import AskedPart, Conversation, Hit, Language, OutcomeKind, Ranking, Reply

HITS_SHOWN = 5
_DEEDS = {
    OutcomeKind.ANSWER: "answers",
    OutcomeKind.SMALLTALK: "answers, as smalltalk",
    OutcomeKind.HANDOFF: "hands over to a human",
    OutcomeKind.CLARIFY: "asks back",
    OutcomeKind.ABSTAIN: "abstains",
}
_NOTHING_LEFT = "nothing that could be searched for is left of the question"
_CHOSEN = "what was offered or said before is meant"
_GOES_ON = 'it goes on from "{before}"; '
_SEVERAL = "{asked} questions in one, {known} known; the least sure of them counts"
_EXACT = "a phrasing of {entry}, word for word"
_BY_WORDS = "its words alone make {entry} sure: confidence {confidence}"
_ABOVE = "confidence {confidence} is not below the answer threshold {answer}"
_BETWEEN = (
    "confidence {confidence} is below the answer threshold {answer} "
    "but not below the clarify threshold {clarify}"
)
_NOTHING_NEAR = f"{_BETWEEN}, and nothing on the subject is near"
_BELOW = "confidence {confidence} is below the clarify threshold {clarify}"
_BELOW_NEAR = f"{_BELOW}, but near enough to name questions"
# All that a sentence is made of, for whoever puts it into other words.
TEXTS = (
    *_DEEDS.values(),
    *(_NOTHING_LEFT, _CHOSEN, _GOES_ON, _SEVERAL, _EXACT, _BY_WORDS),
    *(_ABOVE, _BETWEEN, _NOTHING_NEAR, _BELOW, _BELOW_NEAR),
)


@dataclass(frozen=True)
class Explanation:
    """What led to a reply. ``hits`` come best first; ``signals`` are named; ``why`` is one sentence.

    ``goes_on_from``: the question before, where it had a say; empty where the question stands alone.
    """

    question: str
    normalised: str
    detected_language: Language
    language: Language
    read_as: str
    is_exact: bool
    asked: tuple[AskedPart, ...]
    hits: tuple[Hit, ...]
    signals: dict[str, float]
    confidence: float
    answer_threshold: float
    clarify_threshold: float
    outcome: OutcomeKind
    entry: str | None
    why: str
    index_version: str
    goes_on_from: str = ""


@dataclass(frozen=True)
class Asked:
    """A question with those asked before it in the same conversation, oldest first.

    ``language``: that of the reply; None follows the question.
    """

    question: str
    language: Language | None = None
    before: Sequence[str] = ()


@dataclass(frozen=True)
class Reason:
    """A part of the sentence that says why: a text with the values that belong into it."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


Reasons = tuple[Reason, ...]


@dataclass(frozen=True)
class Explained:
    """A reply, and what led to it; the last of the ``reasons`` is what was done."""

    reply: Reply
    explanation: Explanation
    reasons: Reasons


def explain(answerer: Answerer, asked: Asked, *, most: int) -> Explained:
    """Answer the question as ``/ask`` does, and say what the reply rests on; ``most`` hits at most.

    Raises IndexUnusableError when no version can serve.
    """
    answerer = answerer.at_one_version()
    alone = answerer.answer(asked.question, asked.language)
    talk = _talk(answerer, asked)
    reply = alone
    if asked.before:
        reply, _after = Converser(answerer).reply(asked.question, talk, asked.language)
    has_a_say = _differs(reply.ranking, alone.ranking)
    before = (talk.question or asked.before[-1]) if has_a_say else ""
    return _explanation(answerer, asked, reply, before, most)


def _talk(answerer: Answerer, asked: Asked) -> Conversation:
    """The conversation after what was asked before."""
    talk, converser = Conversation(), Converser(answerer)
    for question in asked.before:
        _reply, talk = converser.reply(question, talk, asked.language)
    return talk


def _differs(one: Ranking, other: Ranking) -> bool:
    return (one.hits, one.confidence) != (other.hits, other.confidence)


def _explanation(answerer: Answerer, asked: Asked, reply: Reply, before: str, most: int) -> Explained:
    index, written, ranking = answerer.index(), normalise(asked.question), reply.ranking
    reasons = _reasons(reply, index.answer_threshold, index.clarify_threshold, before)
    explanation = Explanation(
        asked.question,
        written.text,
        written.language,
        reply.language,
        ranking.read_as,
        ranking.is_exact,
        reply.asked,
        ranking.hits[:most],
        dict(ranking.signals),
        reply.confidence,
        index.answer_threshold,
        index.clarify_threshold,
        reply.outcome,
        reply.entry.id if reply.entry else None,
        sentence(reasons),
        reply.index_version,
        before,
    )
    return Explained(reply, explanation, reasons)


def sentence(reasons: Reasons, translated: Callable[[str], str] = str, colon: str = ": ") -> str:
    """The reasons as one sentence, its parts put into other words by ``translated``."""
    *before, deed = (translated(reason.text).format(**reason.values) for reason in reasons)
    return "".join([*before, colon, deed])


def _reasons(reply: Reply, answer: float, clarify: float, before: str) -> Reasons:
    if before and reply.ranking.is_exact:
        return Reason(_CHOSEN), Reason(_DEEDS[reply.outcome])
    goes_on = (Reason(_GOES_ON, {"before": before}),) if before else ()
    return (*goes_on, _reason(reply, answer, clarify), Reason(_DEEDS[reply.outcome]))


def _reason(reply: Reply, answer: float, clarify: float) -> Reason:
    if not reply.ranking.hits:
        return Reason(_NOTHING_LEFT)
    if reply.asked:
        known = sum(part.is_known for part in reply.asked)
        return Reason(_SEVERAL, {"asked": len(reply.asked), "known": known})
    if reply.ranking.is_exact:
        return Reason(_EXACT, {"entry": reply.ranking.hits[0].entry_id})
    if reply.ranking.is_by_words:
        best, sure = reply.ranking.hits[0].entry_id, f"{reply.confidence:.3f}"
        return Reason(_BY_WORDS, {"entry": best, "confidence": sure})
    values = {"confidence": f"{reply.confidence:.3f}", "answer": f"{answer:.3f}", "clarify": f"{clarify:.3f}"}
    return Reason(_place(reply, answer, clarify), values)


def _place(reply: Reply, answer: float, clarify: float) -> str:
    """Where the confidence lies between the thresholds."""
    if reply.confidence >= answer:
        return _ABOVE
    if reply.confidence >= clarify:
        return _BETWEEN if reply.suggestions else _NOTHING_NEAR
    return _BELOW_NEAR if reply.confidence >= NEAR * clarify else _BELOW

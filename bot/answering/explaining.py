"""Why a question gets the reply it gets: what the answerer saw, and a sentence that sums it up."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.answerer import NEAR, Answerer
from bot.answering.normalising import normalise
from bot.domain import AskedPart, Hit, Language, OutcomeKind, Reply

_DEEDS = {
    OutcomeKind.ANSWER: "answers",
    OutcomeKind.SMALLTALK: "answers, as smalltalk",
    OutcomeKind.HANDOFF: "hands over to a human",
    OutcomeKind.CLARIFY: "asks back",
    OutcomeKind.ABSTAIN: "abstains",
}


@dataclass(frozen=True)
class Explanation:
    """What led to a reply. ``hits`` come best first; ``signals`` are named; ``why`` is one sentence."""

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


def explain(answerer: Answerer, question: str, language: Language | None, *, most: int) -> Explanation:
    """Answer the question as ``/ask`` does, and say what the reply rests on; ``most`` hits at most.

    Raises IndexUnusableError when no version can serve.
    """
    answerer = answerer.at_one_version()
    reply, index = answerer.answer(question, language), answerer.index()
    query, ranking = normalise(question, language), reply.ranking
    return Explanation(
        question,
        query.text,
        normalise(question).language,
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
        _why(reply, index.answer_threshold, index.clarify_threshold),
        reply.index_version,
    )


def _why(reply: Reply, answer: float, clarify: float) -> str:
    deed = _DEEDS[reply.outcome]
    if not reply.ranking.hits:
        return f"nothing that could be searched for is left of the question: {deed}"
    if reply.asked:
        known = sum(part.is_known for part in reply.asked)
        return f"{len(reply.asked)} questions in one, {known} known; the least sure of them counts: {deed}"
    if reply.ranking.is_exact:
        return f"a phrasing of {reply.ranking.hits[0].entry_id}, word for word: {deed}"
    return f"confidence {reply.confidence:.3f} is {_place(reply, answer, clarify)}: {deed}"


def _place(reply: Reply, answer: float, clarify: float) -> str:
    """Where the confidence lies between the thresholds."""
    if reply.confidence >= answer:
        return f"not below the answer threshold {answer:.3f}"
    if reply.confidence >= clarify:
        between = f"below the answer threshold {answer:.3f} but not below the clarify threshold {clarify:.3f}"
        return between if reply.suggestions else f"{between}, and nothing on the subject is near"
    near = ", but near enough to name questions" if reply.confidence >= NEAR * clarify else ""
    return f"below the clarify threshold {clarify:.3f}{near}"

"""The answerer: a question in, a reply out. Same question and same index give the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.answering.normalising import legible, normalise
from bot.answering.script import to_traditional
from bot.answering.wording import wording
from bot.domain import (
    Entry,
    Hit,
    Language,
    OutcomeKind,
    Query,
    Ranking,
    Reply,
    Suggestion,
)
from bot.ports import KnowledgeIndex

SMALLTALK_TOPIC = "smalltalk"
HANDOFF_TOPIC = "handoff"
# Topics that are not questions about the subject: never offered as "did you mean".
CHAT_TOPICS = (SMALLTALK_TOPIC, HANDOFF_TOPIC)
_OUTCOMES = {SMALLTALK_TOPIC: OutcomeKind.SMALLTALK, HANDOFF_TOPIC: OutcomeKind.HANDOFF}
MAX_SUGGESTIONS = 3
# Share of the confidence for asking back below which the nearest entries are not near at all.
NEAR = 0.25


class Answerer:
    """Answers from whichever index version is live when a question arrives."""

    def __init__(self, live_index: Callable[[], KnowledgeIndex]) -> None:
        self._live_index = live_index

    def answer(self, question: str, language: Language | None = None) -> Reply:
        """The reply to one question; ``language`` overrides what the question is written in.

        Raises IndexUnusableError when no version can serve.
        """
        query = normalise(question, language)
        return _Turn(self._live_index(), query, legible(question)).reply()

    def tell(self, entry_id: str, language: Language, like: str = "") -> Reply | None:
        """The answer of one entry, in the words of ``like``; None when there is no such entry."""
        index = self._live_index()
        query = Query("", "", language)
        entry = index.entry(entry_id, language)
        return _Turn(index, query, like).tell(entry) if entry else None

    def judge(self, question: str, query: Query, ranking: Ranking) -> Reply:
        """The reply to a question whose ranking was found otherwise."""
        return _Turn(self._live_index(), query, legible(question), ranking).reply()

    def index(self) -> KnowledgeIndex:
        """The version that serves now; raises IndexUnusableError when none can."""
        return self._live_index()


class _Turn:
    """One question against one index version."""

    def __init__(
        self, index: KnowledgeIndex, query: Query, question: str, ranking: Ranking | None = None
    ) -> None:
        self.index = index
        self.query = query
        self.question = question
        self.words = wording(query.language.knowledge)
        # Nothing but punctuation or pictures is like no entry at all.
        self.ranking = ranking or (index.rank(query) if query.key else Ranking((), 0.0))

    def tell(self, entry: Entry) -> Reply:
        """The answer of an entry that was chosen by hand."""
        self.ranking = Ranking((Hit(entry.id, 1.0),), confidence=1.0, is_exact=True)
        return self._answer(entry)

    def reply(self) -> Reply:
        """What the ranking comes to."""
        entries = self._entries(hit.entry_id for hit in self.ranking.hits)
        confidence = self.ranking.confidence
        if entries and confidence >= self.index.answer_threshold:
            return self._answer(entries[0])
        topical = [entry for entry in entries if entry.topic not in CHAT_TOPICS]
        if topical and confidence >= self.index.clarify_threshold:
            return self._ask_back(OutcomeKind.CLARIFY, topical)
        is_near = confidence >= NEAR * self.index.clarify_threshold
        return self._ask_back(OutcomeKind.ABSTAIN, topical if is_near else [])

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        found = (self.index.entry(name, self.query.language) for name in ids)
        return [entry for entry in found if entry is not None]

    def _answer(self, entry: Entry) -> Reply:
        caveat = self.words.caveat(entry)
        return self._reply(
            _OUTCOMES.get(entry.topic, OutcomeKind.ANSWER),
            _paragraphs(entry.answer, caveat),
            short=_paragraphs(entry.short_answer, caveat),
            rest=_paragraphs(*entry.passages[1:]),
            entry=entry,
            suggestions=self._suggestions(self._entries(entry.related)),
        )

    def _ask_back(self, outcome: OutcomeKind, entries: list[Entry]) -> Reply:
        suggestions = self._suggestions(entries)
        questions = "\n".join(f"- {suggestion.question}" for suggestion in suggestions)
        clarifies = outcome is OutcomeKind.CLARIFY
        opening = self.words.clarify if clarifies else self.words.abstain
        offer = questions if clarifies else f"{self.words.abstain_near}\n{questions}"
        text = _paragraphs(opening, offer if questions else "")
        return self._reply(outcome, text, short=opening, suggestions=suggestions)

    def _suggestions(self, entries: list[Entry]) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(entry.id, self._in_script(entry.question)) for entry in entries[:MAX_SUGGESTIONS]
        )

    def _reply(
        self,
        outcome: OutcomeKind,
        text: str,
        *,
        short: str,
        rest: str = "",
        entry: Entry | None = None,
        suggestions: tuple[Suggestion, ...] = (),
    ) -> Reply:
        return Reply(
            outcome,
            self._in_script(text),
            self.query.language,
            self.ranking.confidence,
            entry,
            suggestions,
            self._source_titles(entry),
            self.index.version,
            self.ranking,
            self._in_script(short),
            self._in_script(rest),
        )

    def _source_titles(self, entry: Entry | None) -> tuple[str, ...]:
        """Titles of official sources: the others are for the operator's eyes."""
        sources = [self.index.sources.get(name) for name in (entry.sources if entry else ())]
        language = self.query.language.knowledge
        return tuple(
            self._in_script(source.titles[language])
            for source in sources
            if source is not None and source.is_official
        )

    def _in_script(self, text: str) -> str:
        if self.query.language is Language.TRADITIONAL:
            return to_traditional(text, like=self.question)
        return text


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)

"""The answerer: a question in, a reply out. Same question and same index give the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice

from bot.answering.composing import Composition, one_by_one, paragraphs, quoted, with_included
from bot.answering.normalising import legible, normalise
from bot.answering.reading import read
from bot.answering.script import to_traditional
from bot.answering.splitting import Asked, cuts, split
from bot.answering.wording import wording
from bot.domain import (
    AskedPart,
    Entry,
    Hit,
    Language,
    OutcomeKind,
    Part,
    Query,
    Ranking,
    Reply,
    Stage,
    Suggestion,
)
from bot.ports import KnowledgeIndex, ObserveStage, unobserved
from bot.stopwatch import Stopwatch

SMALLTALK_TOPIC = "smalltalk"
HANDOFF_TOPIC = "handoff"
# Topics that are not questions about the subject: never offered as "did you mean".
CHAT_TOPICS = (SMALLTALK_TOPIC, HANDOFF_TOPIC)
# The entry that says what the bot knows about: an operator's own words when it has no answer.
SCOPE_ENTRY = "smalltalk-scope"
_OUTCOMES = {SMALLTALK_TOPIC: OutcomeKind.SMALLTALK, HANDOFF_TOPIC: OutcomeKind.HANDOFF}
MAX_SUGGESTIONS = 3
# Share of the confidence for asking back below which the nearest entries are not near at all.
NEAR = 0.25


class Answerer:
    """Answers from whichever index version is live when a question arrives.

    ``observe`` is told how long composing takes.
    """

    def __init__(self, live_index: Callable[[], KnowledgeIndex], observe: ObserveStage = unobserved) -> None:
        self._live_index = live_index
        self._observe = observe

    def answer(self, question: str, language: Language | None = None, *, by_words: bool = True) -> Reply:
        """The reply to one question; ``language`` overrides what the question is written in.

        Without ``by_words`` its ranking is always of all there is to go by, for who goes on from its scores.
        Raises IndexUnusableError when no version can serve.
        """
        index, written = self._live_index(), legible(question)
        # Each part of a question that may be several is ranked like the whole.
        by_words = by_words and not any(cuts(written))
        understood, ranking = read(index, normalise(question, language), by_words=by_words)
        query = replace(understood, language=language) if language else understood
        return _Turn(index, query, written, ranking).reply(self._observe)

    def tell(self, entry_id: str, language: Language, like: str = "") -> Reply | None:
        """The answer of one entry, in the words of ``like``; None when there is no such entry."""
        index = self._live_index()
        query = Query("", "", language)
        entry = index.entry(entry_id, language)
        if entry is None:
            return None
        chosen = Ranking((Hit(entry.id, 1.0),), confidence=1.0, is_exact=True)
        return _Turn(index, query, like, chosen).tell(entry)

    def judge(self, question: str, query: Query, ranking: Ranking) -> Reply:
        """The reply to a question whose ranking was found otherwise."""
        return _Turn(self._live_index(), query, legible(question), ranking).reply(self._observe)

    def at_one_version(self) -> Answerer:
        """An answerer that keeps to the version it needs first, for what takes several steps to answer."""
        return Answerer(cache(self._live_index), self._observe)

    def index(self) -> KnowledgeIndex:
        """The version that serves now; raises IndexUnusableError when none can."""
        return self._live_index()


class _Turn:
    """One question against one index version."""

    def __init__(self, index: KnowledgeIndex, query: Query, question: str, ranking: Ranking) -> None:
        self.index = index
        self.query = query
        self.question = question
        self.words = wording(query.language.knowledge)
        self.ranking = ranking
        self.asked: tuple[AskedPart, ...] = ()

    def tell(self, entry: Entry) -> Reply:
        """The answer of an entry that was chosen by hand."""
        return self._answer(entry)

    def reply(self, observe: ObserveStage) -> Reply:
        """What the ranking comes to."""
        parts = self._parts()
        watch = Stopwatch(observe)
        reply = self._answer_parts(parts) if parts else self._answer_whole()
        watch.ended(Stage.COMPOSING)
        watch.tell()
        return reply

    def _answer_whole(self) -> Reply:
        entries = self._entries(hit.entry_id for hit in self.ranking.hits)
        confidence = self.ranking.confidence
        is_sure = confidence >= self.index.answer_threshold
        if is_sure and (best := next(entries, None)):
            return self._answer(best)
        topical = [entry for entry in entries if entry.topic not in CHAT_TOPICS]
        if topical and confidence >= self.index.clarify_threshold:
            return self._ask_back(OutcomeKind.CLARIFY, topical)
        is_near = confidence >= NEAR * self.index.clarify_threshold
        return self._ask_back(OutcomeKind.ABSTAIN, topical if is_near else [])

    def _entries(self, ids: Iterable[str]) -> Iterator[Entry]:
        """Each looked up when it is wanted."""
        found = (self.index.entry(name, self.query.language) for name in ids)
        return (entry for entry in found if entry is not None)

    def _parts(self) -> tuple[Asked, ...]:
        """The questions in the question; none where it is one."""
        parts = split(self.question, self._rank, self.ranking, self.index.answer_threshold)
        chat = [part for part in parts if self._topic(part.entry_id) in CHAT_TOPICS and self._is_known(part)]
        return () if chat else parts

    def _rank(self, text: str) -> Ranking:
        return self.index.rank(normalise(text, self.query.language))

    def _is_known(self, part: Asked) -> bool:
        return part.ranking.confidence >= self.index.answer_threshold

    def _topic(self, entry_id: str) -> str:
        entry = self.index.entry(entry_id, self.query.language)
        return entry.topic if entry else ""

    def _answer_parts(self, parts: tuple[Asked, ...]) -> Reply:
        """The known parts one by one, and which part is not known."""
        known = [part for part in parts if self._is_known(part)]
        self.asked = tuple(
            AskedPart(part.text, part.entry_id, part.ranking.confidence, part in known) for part in parts
        )
        self.ranking = _ranking_of(known, self.ranking)
        entries = [*self._entries(part.entry_id for part in known)]
        unknown = [
            self.words.unknown.format(question=quoted(part.text)) for part in parts if part not in known
        ]
        if len(entries) > 1:
            return self._composed(one_by_one(entries, self.words), *unknown)
        return self._answer(entries[0], *unknown)

    def _answer(self, entry: Entry, *notes: str) -> Reply:
        included = [e for e in self._entries(entry.includes) if e.language == entry.language]
        return self._composed(with_included(entry, included, self.words), *notes)

    def _composed(self, composition: Composition, *notes: str) -> Reply:
        shown = composition.entries
        related = dict.fromkeys(name for entry in shown for name in entry.related)
        others = self._entries(name for name in related if name not in {entry.id for entry in shown})
        return self._reply(
            _OUTCOMES.get(shown[0].topic, OutcomeKind.ANSWER),
            paragraphs(composition.text, *notes),
            short=paragraphs(composition.short, *notes),
            rest=composition.rest,
            shown=shown,
            suggestions=self._suggestions(others),
        )

    def _ask_back(self, outcome: OutcomeKind, entries: list[Entry]) -> Reply:
        suggestions = self._suggestions(entries)
        questions = "\n".join(f"- {suggestion.question}" for suggestion in suggestions)
        clarifies = outcome is OutcomeKind.CLARIFY
        opening = self.words.clarify if clarifies else self._excuse()
        offer = questions if clarifies else f"{self.words.abstain_near}\n{questions}"
        text = paragraphs(opening, offer if questions else "")
        return self._reply(outcome, text, short=opening, suggestions=suggestions)

    def _excuse(self) -> str:
        scope = "".join(entry.short_answer for entry in self._entries([SCOPE_ENTRY]))
        space = " " if scope and self.query.language is Language.ENGLISH else ""
        return f"{self.words.abstain}{space}{scope}"

    def _suggestions(self, entries: Iterable[Entry]) -> tuple[Suggestion, ...]:
        offered = islice(entries, MAX_SUGGESTIONS)
        return tuple(Suggestion(entry.id, self._in_script(entry.question)) for entry in offered)

    def _reply(
        self,
        outcome: OutcomeKind,
        text: str,
        *,
        short: str,
        rest: str = "",
        shown: tuple[Entry, ...] = (),
        suggestions: tuple[Suggestion, ...] = (),
    ) -> Reply:
        parts = tuple(Part(entry, self._source_titles(entry)) for entry in shown)
        return Reply(
            outcome,
            self._in_script(text),
            self.query.language,
            self.ranking.confidence,
            parts[0].entry if parts else None,
            suggestions,
            parts[0].source_titles if parts else (),
            self.index.version,
            self.ranking,
            self._in_script(short),
            self._in_script(rest),
            parts,
            self.asked,
        )

    def _source_titles(self, entry: Entry) -> tuple[str, ...]:
        """Titles of official sources: the others are for the operator's eyes."""
        sources = [self.index.sources.get(name) for name in entry.sources]
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


def _ranking_of(parts: Iterable[Asked], whole: Ranking) -> Ranking:
    """The parts' entries first, as sure as the least sure of them, then what else is near the whole."""
    first = {part.entry_id: part.ranking.hits[0] for part in parts}
    others = [hit for hit in whole.hits if hit.entry_id not in first]
    confidence = min(part.ranking.confidence for part in parts)
    return replace(whole, hits=(*first.values(), *others), confidence=confidence)

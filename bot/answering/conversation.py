"""A conversation: a question and what was said before in, a reply and what to remember out.

No effects, no channel: the same question in the same conversation gives the same reply.
"""

from __future__ import annotations

from dataclasses import replace

from bot.answering.answerer import CHAT_TOPICS, Answerer
from bot.answering.choosing import asks_for_more, chosen_by_place, chosen_by_words
from bot.answering.dependence import Dependence, core, dependence, is_question
from bot.answering.following_up import Meaning, meaning
from bot.answering.normalising import normalise
from bot.answering.script import is_simplified
from bot.domain import Conversation, Entry, Language, OutcomeKind, Query, Ranking, Reply

# How far the best entry must be above the next for a short question to stand alone, in units of score.
_CLEAR_MARGIN = 4.0
_ENTRIES_KEPT = 2
_MAX_QUESTION = 120


class Converser:
    """Answers in context: what stands alone is answered as if nothing had been said before."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def reply(
        self, question: str, talk: Conversation, language: Language | None = None
    ) -> tuple[Reply, Conversation]:
        """The reply, in ``language`` if given, and the conversation after it.

        Raises IndexUnusableError when no version can serve.
        """
        query = normalise(question, language or spoken_language(question, talk))
        reply = self._chosen(query, question, talk) or self._more(query, question, talk)
        if reply:
            return reply, remembered(talk, reply)
        return self._answered(query, question, talk)

    def _chosen(self, query: Query, question: str, talk: Conversation) -> Reply | None:
        """What was offered and is now named by number or place."""
        number = chosen_by_place(query.key, len(talk.choices))
        return None if number is None else self._tell(talk.choices[number], query, question)

    def _more(self, query: Query, question: str, talk: Conversation) -> Reply | None:
        wants_more = bool(talk.entries) and asks_for_more(query.key)
        return self._tell(talk.entries[0], query, question) if wants_more else None

    def _tell(self, entry_id: str, query: Query, question: str) -> Reply | None:
        return self._answerer.tell(entry_id, query.language, question)

    def _answered(self, query: Query, question: str, talk: Conversation) -> tuple[Reply, Conversation]:
        alone = self._answerer.answer(question, query.language)
        if not _may_depend(query, alone, talk):
            return alone, remembered(talk, alone, query.text)
        # Without an entry the last reply was a question back: its choices come first.
        readings = (self._named, self._in_context) if not talk.entries else (self._in_context, self._named)
        for reading in readings:
            if reply := reading(query, question, alone, talk):
                return reply, remembered(talk, reply, f"{talk.question} {core(query)}")
        return alone, remembered(talk, alone, query.text)

    def _named(self, query: Query, question: str, _alone: Reply, talk: Conversation) -> Reply | None:
        """What was offered and is now named by some of its words."""
        offered = [self._answerer.entry(name, query.language) for name in talk.choices]
        number = chosen_by_words(core(query), [entry.question if entry else "" for entry in offered])
        return None if number is None else self._tell(talk.choices[number], query, question)

    def _in_context(self, query: Query, question: str, alone: Reply, talk: Conversation) -> Reply | None:
        """What the question means after the last one, if that can be believed."""
        meant = self._meaning(query, alone.ranking, talk)
        if meant.evidence < 0:
            return None
        reply = self._tell(meant.hits[0].entry_id, query, question)
        return reply and replace(reply, confidence=meant.ranking.confidence, ranking=meant.ranking)

    def _meaning(self, query: Query, alone: Ranking, talk: Conversation) -> Meaning:
        last = self._answerer.entry(talk.entries[0], query.language) if talk.entries else None
        rest = core(query)
        befores = [talk.question, *([last.question] if last else [])]
        plain = self._rank(rest, query)
        in_context = [self._rank(f"{before} {rest}", query) for before in befores if before]
        entries = self._topical([alone, plain, *in_context], query)
        return meaning([plain, alone], in_context, entries, last, rest)

    def _rank(self, text: str, query: Query) -> Ranking:
        return self._answerer.rank(normalise(text, query.language))

    def _topical(self, rankings: list[Ranking], query: Query) -> dict[str, Entry]:
        ids = {hit.entry_id for ranking in rankings for hit in ranking.hits}
        found = (self._answerer.entry(name, query.language) for name in sorted(ids))
        return {entry.id: entry for entry in found if entry and entry.topic not in CHAT_TOPICS}


def _may_depend(query: Query, alone: Reply, talk: Conversation) -> bool:
    """Whether history may have a say: never in what stands alone."""
    if not (talk.question or talk.entries) or not query.key or alone.ranking.is_exact:
        return False
    depends = dependence(query)
    if depends is not Dependence.POSSIBLE or not alone.is_answered:
        return depends is not Dependence.NONE
    if alone.outcome is OutcomeKind.SMALLTALK:
        return is_question(query)
    return _margin(alone.ranking) < _CLEAR_MARGIN


def _margin(ranking: Ranking) -> float:
    best, *others = [hit.score for hit in ranking.hits]
    return best - others[0] if others else best


def remembered(talk: Conversation, reply: Reply, question: str = "") -> Conversation:
    """The conversation after a reply to ``question``, empty if an offered entry was chosen.

    Smalltalk and what nobody could answer leave the subject as it was.
    """
    choices = tuple(choice.id for choice in reply.suggestions)
    talk = replace(talk, language=reply.language, choices=choices)
    if reply.outcome is OutcomeKind.ANSWER and reply.entry:
        entries = (reply.entry.id, *talk.entries)[:_ENTRIES_KEPT]
        return replace(talk, question=(question or reply.entry.question)[-_MAX_QUESTION:], entries=entries)
    if reply.outcome is OutcomeKind.CLARIFY:
        return replace(talk, question=question[-_MAX_QUESTION:], entries=())
    return talk


def spoken_language(question: str, talk: Conversation) -> Language | None:
    """What the question is written in; numbers and pictures are in no language, and go on in the last one.

    So does Chinese that both scripts write alike, after Traditional Chinese.
    """
    if not any(char.isalpha() for char in question):
        return talk.language
    language = normalise(question).language
    is_open = language is Language.SIMPLIFIED and not is_simplified(question)
    return talk.language if is_open and talk.language is Language.TRADITIONAL else language

"""A conversation: a question and what was said before in, a reply and what to remember out.

No effects, no channel: the same question in the same conversation gives the same reply.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

from bot.answering.answerer import Answerer
from bot.answering.choosing import asked_language, asks_for_more, chosen_by_place
from bot.answering.correcting import complains, corrected, refuses
from bot.answering.dependence import Dependence, dependence, is_question, is_short
from bot.answering.introducing import introduction, with_introduction
from bot.answering.normalising import normalise
from bot.answering.reading import surely
from bot.answering.script import is_simplified
from bot.answering.thread import Thread
from bot.domain import Conversation, Language, OutcomeKind, Query, Ranking, Reply

# How far an answer given before must be above the next entry to be given again, in units of score.
_CLEAR_REPEAT = 2.5
_ENTRIES_KEPT = 3
_NOT_CHAT = (OutcomeKind.ANSWER, OutcomeKind.CLARIFY, OutcomeKind.ABSTAIN)
# A question on the subject that gets such a reply by itself lacks what was said before.
_SAYS_LITTLE = (OutcomeKind.CLARIFY, OutcomeKind.SMALLTALK)
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
        return _Exchange(self._answerer.at_one_version()).reply(question, talk, language)


class _Exchange:
    """One question and its reply, all by the same index version."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def reply(
        self, question: str, talk: Conversation, language: Language | None
    ) -> tuple[Reply, Conversation]:
        """What ``Converser.reply`` gives."""
        query = normalise(question, language or spoken_language(question, talk))
        reply = self._chosen(query, question, talk) or self._more(query, question, talk)
        if reply:
            return reply, remembered(talk, reply)
        if talk.question and (wanted := asked_language(query.key)):
            return self._again(talk, wanted)
        if talk.choices and refuses(query.key):
            return self._others(query, question, talk, {*talk.choices, *talk.entries[:1]})
        if talk.question and complains(query.text):
            return self._others(query, question, talk, {*talk.entries[:1]})
        if talk.question:
            question = corrected(question, talk.question)
            query = normalise(question, query.language)
        # What the question itself is written in is better judged with what it is read as: pinyin is Chinese.
        forced = None if query.language is normalise(question).language else query.language
        return self._answered(query, question, talk, language or forced)

    def _chosen(self, query: Query, question: str, talk: Conversation) -> Reply | None:
        """What was offered and is now named by number or place."""
        number = chosen_by_place(query.key, len(talk.choices))
        return None if number is None else self._tell(talk.choices[number], query, question)

    def _more(self, query: Query, question: str, talk: Conversation) -> Reply | None:
        wants_more = bool(talk.entries) and asks_for_more(query.key)
        return self._tell(talk.entries[0], query, question) if wants_more else None

    def _again(self, talk: Conversation, language: Language) -> tuple[Reply, Conversation]:
        """What was said last, in another language."""
        told = self._answerer.tell(talk.entries[0], language) if talk.entries else None
        reply = told or self._answerer.answer(talk.question, language)
        return reply, remembered(talk, reply, talk.question)

    def _others(
        self, query: Query, question: str, talk: Conversation, refused: set[str]
    ) -> tuple[Reply, Conversation]:
        """What else may have been meant, where nothing of what was offered, or answered, is."""
        index = self._answerer.index()
        ranking = index.rank(normalise(talk.question, query.language))
        hits = tuple(hit for hit in ranking.hits if hit.entry_id not in refused)
        reply = self._answerer.judge(question, query, Ranking(hits, index.clarify_threshold))
        return reply, remembered(talk, reply, talk.question)

    def _tell(self, entry_id: str, query: Query, question: str) -> Reply | None:
        return self._answerer.tell(entry_id, query.language, question)

    def _answered(
        self, query: Query, question: str, talk: Conversation, forced: Language | None
    ) -> tuple[Reply, Conversation]:
        goes_on = bool(talk.question or talk.about)
        alone = self._answerer.answer(question, forced, by_words=not goes_on)
        query = replace(query, language=alone.language)
        reply, talk = self._in_context(query, question, talk, alone)
        said = introduction(query) if reply.outcome in _NOT_CHAT else ""
        if said and reply.outcome is OutcomeKind.ABSTAIN and reply.suggestions:
            # Nothing was asked: there is nothing not to know.
            reply = self._asked_back(question, query, reply)
        return reply, replace(talk, about=said or talk.about)

    def _asked_back(self, question: str, query: Query, reply: Reply) -> Reply:
        threshold = max(self._answerer.index().clarify_threshold, reply.confidence)
        return self._answerer.judge(question, query, replace(reply.ranking, confidence=threshold))

    def _in_context(
        self, query: Query, question: str, talk: Conversation, alone: Reply
    ) -> tuple[Reply, Conversation]:
        if not query.key or alone.ranking.is_exact:
            return alone, remembered(talk, alone, query.text)
        # What leans on the answer before goes on from that; what does not may go on from who asks.
        informed = self._informed(query, question, talk, alone)
        if informed:
            return informed, remembered(talk, informed, query.text)
        if not talk.question:
            return alone, remembered(talk, alone, query.text)
        understood = normalise(alone.ranking.read_as or question, query.language)
        thread = Thread(self._answerer.index(), understood, alone, talk)
        ranking = thread.ranking()
        if ranking is None:
            return alone, remembered(talk, alone, query.text)
        reply = self._answerer.judge(question, query, ranking)
        return reply, remembered(talk, reply, talk.question)

    def _informed(self, query: Query, question: str, talk: Conversation, alone: Reply) -> Reply | None:
        """The reply to a short question if it is surely another one for who introduced themselves so."""
        says_little = is_short(query) or not is_question(query)
        if not talk.about or not says_little or dependence(query) is Dependence.CERTAIN:
            return None
        if alone.outcome is OutcomeKind.SMALLTALK and not is_question(query):
            return None
        introduced = with_introduction(talk.about, question)
        informed = self._answerer.answer(introduced, query.language, by_words=False)
        is_sure = informed.is_answered and self._is_clearer(informed, alone)
        return informed if is_sure and self._is_news(query, informed, alone, talk) else None

    def _is_clearer(self, informed: Reply, alone: Reply) -> bool:
        """Whether it says more surely what is meant; what is unknown may be off the subject."""
        if alone.outcome is OutcomeKind.ABSTAIN:
            return informed.confidence >= surely(self._answerer.index().answer_threshold)
        is_closer = _topic(informed) == _topic(alone) and alone.entry is not None
        return alone.outcome in _SAYS_LITTLE or is_closer or _lead(informed) > _lead(alone)

    def _is_news(self, query: Query, informed: Reply, alone: Reply, talk: Conversation) -> bool:
        """Whether it is another answer; one that was given is given again only where no other is near.

        The last one is not given again to what asks nothing: that tells more of who asks.
        """
        if informed.entry is None or informed.entry == alone.entry:
            return False
        if informed.entry.id in talk.entries[:1] and not is_question(query):
            return False
        return _lead(informed) >= _CLEAR_REPEAT or informed.entry.id not in talk.entries


def _topic(reply: Reply) -> str:
    return reply.entry.topic if reply.entry else ""


def _lead(reply: Reply) -> float:
    """How far the best entry is above the next, in units of score."""
    best, *others = reply.ranking.hits
    return best.score - others[0].score if others else inf


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
        is_same = question == talk.question
        return replace(talk, question=question[-_MAX_QUESTION:], entries=talk.entries if is_same else ())
    # The first question may be near the subject without being clear: the next may make it so.
    is_first = reply.outcome is OutcomeKind.ABSTAIN and choices and not talk.question
    return replace(talk, question=question[-_MAX_QUESTION:]) if is_first else talk


def spoken_language(question: str, talk: Conversation) -> Language | None:
    """What the question is written in; numbers and pictures are in no language, and go on in the last one.

    So does Chinese that both scripts write alike, after Traditional Chinese.
    """
    if not any(char.isalpha() for char in question):
        return talk.language
    language = normalise(question).language
    may_go_on = language is Language.SIMPLIFIED and talk.language is Language.TRADITIONAL
    return talk.language if may_go_on and not is_simplified(question) else language

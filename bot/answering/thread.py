"""A question after others: whether it leans on what was said before, and what it then means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.answering.alternatives import alternatives, pointed_at
from bot.answering.answerer import CHAT_TOPICS
from bot.answering.choosing import chosen_by_words, marks_choice
from bot.answering.dependence import Dependence, core, dependence, is_question
from bot.answering.following_up import Meaning, meaning
from bot.answering.normalising import normalise
from bot.answering.told import asks_number
from bot.domain import Conversation, Entry, Hit, OutcomeKind, Query, Ranking, Reply
from bot.ports import KnowledgeIndex

# How far the best entry must be above the next for a short question to stand alone, in units of score.
_CLEAR_LEAD = 4.0
# The same for what asks nothing and is like smalltalk.
_CLEAR_CHAT = 1.0
# Evidence that a question needs to be bent by its history without saying that it goes on.
_DOUBT = 1.0
# What it counts for its meaning that a question says that it goes on.
_GOES_ON = 1.3


class Thread:
    """A question in words of its own, the reply to it by itself, and what was said before."""

    def __init__(self, index: KnowledgeIndex, query: Query, alone: Reply, talk: Conversation) -> None:
        self._index = index
        self._query = query
        self._alone = alone
        self._talk = talk
        pointed = pointed_at(query.text, self._compared())
        self._is_pointed = pointed is not None
        said = replace(query, text=pointed) if pointed else query
        self._core = core(said)
        # With the thing in words it may say all: 前者有什么风险 after a question on two kinds.
        self._says_all = self._is_pointed and is_question(said)

    def ranking(self) -> Ranking | None:
        """What the question means here; None when it is to be answered by itself."""
        if marks_choice(self._query.text) and (named := self._named()):
            return named
        dependence = self._dependence()
        if dependence is Dependence.NONE:
            return None
        # Without an entry the last reply was a question back: what it offered comes first.
        if not self._talk.entries and (named := self._named()):
            return named
        meant = self._meaning(_GOES_ON if dependence is Dependence.CERTAIN else 0.0)
        ranking = meant.ranking(self._index.answer_threshold)
        if meant.evidence >= (self._doubt(meant) if self._may_stand_alone(dependence) else 0.0):
            return ranking
        return self._named() or (ranking if self._is_better(ranking, dependence) else None)

    def _doubt(self, meant: Meaning) -> float:
        """What it takes to bend a question; to hear the last answer again, the more the clearer it is."""
        is_again = [hit.entry_id for hit in meant.hits[:1]] == [*self._talk.entries[:1]]
        return _DOUBT + (self._lead() if is_again and not asks_number(self._core) else 0.0)

    def _may_stand_alone(self, dependence: Dependence) -> bool:
        return dependence is Dependence.POSSIBLE and self._is_settled()

    def _is_settled(self) -> bool:
        """Whether the question by itself needs no asking back."""
        if self._alone.outcome is OutcomeKind.SMALLTALK and is_question(self._query):
            return self._lead() >= _CLEAR_LEAD
        return self._alone.outcome not in (OutcomeKind.CLARIFY, OutcomeKind.ABSTAIN)

    def _is_better(self, ranking: Ranking, dependence: Dependence) -> bool:
        """Whether a meaning not to be believed is at least better to ask back with."""
        if self._alone.outcome is OutcomeKind.SMALLTALK and self._is_settled():
            return dependence is Dependence.CERTAIN
        return not self._is_settled() and ranking.confidence >= self._index.clarify_threshold

    def _dependence(self) -> Dependence:
        """How far history may have a say: what is clear by itself does not depend."""
        points = self._is_pointed or marks_choice(self._query.text)
        depends = Dependence.CERTAIN if points else dependence(self._query)
        if depends is not Dependence.POSSIBLE:
            return depends
        if self._is_like_chat() and not is_question(self._query):
            return Dependence.NONE if self._lead() >= _CLEAR_CHAT else depends
        is_clear = self._is_settled() and self._lead() >= _CLEAR_LEAD
        return Dependence.NONE if is_clear else depends

    def _is_like_chat(self) -> bool:
        best = self._alone.ranking.hits[:1]
        return bool(best) and best[0].entry_id not in self._topical([self._alone.ranking])

    def _lead(self) -> float:
        """How far the best entry by itself is above the next, which after smalltalk is one on the subject."""
        best, *others = self._alone.ranking.hits
        if self._is_like_chat():
            topical = self._topical([self._alone.ranking])
            others = [hit for hit in others if hit.entry_id in topical]
        return best.score - others[0].score if others else _CLEAR_LEAD

    def _named(self) -> Ranking | None:
        """What was offered and is now named by some of its words."""
        offered = self._entries(self._talk.choices)
        number = chosen_by_words(self._core, [entry.question for entry in offered])
        return None if number is None else Ranking((Hit(offered[number].id, 1.0),), 1.0)

    def _meaning(self, goes_on: float) -> Meaning:
        lasts = self._entries(self._talk.entries)
        befores = [] if self._says_all else [self._talk.question, *(entry.question for entry in lasts[:1])]
        if befores and self._talk.about not in self._talk.question:
            befores.append(self._talk.about)
        alone = [self._rank(self._core), self._alone.ranking]
        threshold = self._index.answer_threshold
        in_context = [self._rank(f"{before} {self._core}") for before in befores]
        entries = self._topical([*alone, *in_context])
        meant = meaning(alone, in_context, entries, lasts, self._core, threshold)
        return replace(meant, evidence=meant.evidence + goes_on)

    def _compared(self) -> list[str]:
        """Where a thing pointed at by its place may be named: what was answered, and what was asked.

        The customer's own order counts where the last answer is to that question.
        """
        answered = [entry.question for entry in self._entries(self._talk.entries)]
        asked = alternatives(self._talk.question)
        is_latest = bool(asked) and all(thing in "".join(answered[:1]).casefold() for thing in asked)
        return [self._talk.question, *answered] if is_latest else [*answered, self._talk.question]

    def _rank(self, text: str) -> Ranking:
        return self._index.rank(normalise(text, self._query.language))

    def _topical(self, rankings: Iterable[Ranking]) -> dict[str, Entry]:
        ids = {hit.entry_id for ranking in rankings for hit in ranking.hits}
        return {entry.id: entry for entry in self._entries(sorted(ids)) if entry.topic not in CHAT_TOPICS}

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        found = (self._index.entry(name, self._query.language) for name in ids)
        return [entry for entry in found if entry is not None]

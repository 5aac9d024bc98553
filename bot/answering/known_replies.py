"""Replies to exact phrasings, remembered for as long as the version serves that gave them.

What is asked in an entry's own words gets the same reply from the same version, so that nothing has to be
read, ranked or composed again. What is asked otherwise is not remembered.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import cache

from bot.answering.answerer import Answerer
from bot.domain import Language, Reply
from bot.ports import KnowledgeIndex, ObserveStage, unobserved

# About 4 MB: an exact phrasing may be typed in several ways.
REMEMBERED = 4096
# Longer texts are not worth their memory.
LONGEST = 200

_Replies = dict[tuple[str, Language | None], Reply]
_OfVersion = tuple[Callable[[], KnowledgeIndex | None], _Replies]


class KnownReplies:
    """By question as typed and forced language; empty again with every other version."""

    def __init__(self) -> None:
        self._latest: _OfVersion = (lambda: None, {})

    def of(self, index: KnowledgeIndex) -> _Replies:
        """Those that a version gave. Whoever holds them may go on adding to them."""
        version, replies = self._latest
        if version() is not index:
            replies = {}
            self._latest = weakref.ref(index), replies
        return replies

    def __contains__(self, asked: tuple[str, Language | None]) -> bool:
        """Whether a reply is remembered, be it of a version that serves no more."""
        return asked in self._latest[1]


class RememberingAnswerer(Answerer):
    """Answers as any other, exact phrasings at once. Safe to share between threads."""

    def __init__(
        self,
        live_index: Callable[[], KnowledgeIndex],
        observe: ObserveStage = unobserved,
        known: KnownReplies | None = None,
    ) -> None:
        super().__init__(live_index, observe)
        self._known = known or KnownReplies()

    def answer(self, question: str, language: Language | None = None, *, by_words: bool = True) -> Reply:
        """The reply to one question; raises as the answerer does."""
        index = self._live_index()
        replies = self._known.of(index)
        if reply := replies.get((question, language)):
            return reply
        reply = Answerer(lambda: index, self._observe).answer(question, language, by_words=by_words)
        if reply.ranking.is_exact and len(question) <= LONGEST:
            if len(replies) >= REMEMBERED:
                replies.clear()
            replies[question, language] = reply
        return reply

    def knows(self, question: str, language: Language | None = None) -> bool:
        """Whether the reply is remembered, so that ``answer`` need not wait for anything."""
        # Looked up there first: before anything was remembered, the version may have to be loaded.
        return (question, language) in self._known and (question, language) in self._known.of(
            self._live_index()
        )

    def at_one_version(self) -> Answerer:
        """The same, of the version that it needs first."""
        return RememberingAnswerer(cache(self._live_index), self._observe, self._known)

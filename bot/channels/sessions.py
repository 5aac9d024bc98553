"""Conversations by channel and session id: a store that fails costs the context, never the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.domain import Conversation
from bot.errors import BotError
from bot.ports import Conversations

_log = logging.getLogger(__name__)


class Sessions:
    """What ``/ask`` remembers; opens the store on first use. Safe to share between threads."""

    def __init__(self, open_store: Callable[[], Conversations]) -> None:
        self._open_store = open_store
        self._store: Conversations | None = None
        self._complaint = ""

    def recall(self, channel: str, session_id: str) -> Conversation | None:
        """The session's conversation on this channel; None when the store cannot say."""
        try:
            talk = self._opened().recall(channel, session_id)
        except (BotError, OSError) as error:
            self._complain(str(error))
            return None
        self._complaint = ""
        return talk

    def keep(self, channel: str, session_id: str, talk: Conversation) -> None:
        """Remember it, if the store can."""
        try:
            self._opened().keep(channel, session_id, talk)
        except (BotError, OSError) as error:
            self._complain(str(error))

    def _opened(self) -> Conversations:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _complain(self, complaint: str) -> None:
        """Log it once, however many questions meet with it."""
        if complaint != self._complaint:
            _log.error("answering without context: %s", complaint)
        self._complaint = complaint

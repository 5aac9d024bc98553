"""Conversations by channel and session id: a store that fails costs the context, never the answer.

Nor does it cost time: the store that answers wait for is given a moment, and left alone while it cannot be
read. What could not be written then is written later, by a thread of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.channels.late_turns import LateTurns
from bot.domain import Conversation
from bot.errors import BotError
from bot.ports import Conversations

_log = logging.getLogger(__name__)


class Sessions:
    """What ``/ask`` remembers; opens the stores on first use. Safe to share between threads."""

    def __init__(self, open_store: Callable[[], Conversations], late: LateTurns) -> None:
        """``open_store`` gives a store that gives up within a millisecond."""
        self._open_store = open_store
        self._store: Conversations | None = None
        self._late = late
        self._complaint = ""

    def recall(self, channel: str, session_id: str) -> Conversation:
        """The session's conversation on this channel; a new one when the store cannot say."""
        if (waiting := self._late.find(channel, session_id)) is not None:
            return waiting
        if self._late.is_out:
            return Conversation()
        try:
            talk = self._opened().recall(channel, session_id)
        except (BotError, OSError) as error:
            self._late.note_outage()
            self._complain(str(error))
            return Conversation()
        self._complaint = ""
        return talk

    def keep(self, channel: str, session_id: str, talk: Conversation) -> None:
        """Remember it, now or later."""
        if self._late or self._late.is_out:
            self._late.add(channel, session_id, talk)
            return
        try:
            self._opened().keep(channel, session_id, talk)
        except (BotError, OSError) as error:
            self._late.add(channel, session_id, talk)
            _log.info("a turn is written later: %s", error)

    def _opened(self) -> Conversations:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _complain(self, complaint: str) -> None:
        """Log it once, however many questions meet with it."""
        if complaint != self._complaint:
            _log.error("answering without context: %s", complaint)
        self._complaint = complaint

"""Sends queued customer messages: in order for each user, each at most once."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from functools import partial
from itertools import count

from bot.channels.wechat.accounts import Account
from bot.domain import Due
from bot.errors import StoreError
from bot.ports import Outbox
from bot.wechat.api import WeChatApi
from bot.wechat.errors import ApiError, OutcomeUnknownError, PassingApiError

_AT_ONCE = 16
_IDLE_SECONDS = 0.05
_EXPIRE_EVERY = 200
_STORE_PAUSE = 1.0
_RETRY_AFTER = (1.0, 2.0, 5.0, 15.0, 60.0)
_log = logging.getLogger(__name__)


class Attempt(StrEnum):
    """What came of trying to send a message."""

    SENT = "sent"
    POSTPONED = "postponed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


class Sender:
    """Takes messages from the outbox and hands them to WeChat; ``apis`` by channel."""

    def __init__(
        self,
        outbox: Outbox,
        accounts: Mapping[str, Account],
        apis: Mapping[str, WeChatApi],
        observe: Callable[[str, str], None] = lambda account, result: None,
    ) -> None:
        """``observe`` is told each attempt's account and result."""
        self._outbox = outbox
        self._accounts = accounts
        self._apis = apis
        self._observe = observe
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        # What became of messages, as long as the store could not be told.
        self._untold: deque[Callable[[], None]] = deque()

    def run(self, go_on: Callable[[], bool], sleep: Callable[[float], object]) -> None:
        """Send for as long as ``go_on`` says so."""
        self._untold.append(self._leave_unfinished)
        for number in count():
            if not go_on():
                return
            try:
                self._tell()
                if number % _EXPIRE_EVERY == 0:
                    self._outbox.expire()
                if not self.send_due():
                    sleep(_IDLE_SECONDS)
            except StoreError as error:
                _log.error("the store failed: %s", error)
                sleep(_STORE_PAUSE)

    def _leave_unfinished(self) -> None:
        if abandoned := self._outbox.abandon():
            _log.warning("%d messages may or may not have arrived; they are left", abandoned)

    def _tell(self) -> None:
        """Tell the store what became of messages; raises StoreError, and the rest is told another time."""
        while self._untold:
            self._untold[0]()
            self._untold.popleft()

    def _came_of(self, due: Due, attempt: Attempt, tell: Callable[[], None]) -> None:
        self._observe(due.account, attempt)
        try:
            tell()
        except StoreError as error:
            _log.error("%s: message %d: %s; %s", due.account, due.id, attempt, error)
            self._untold.append(tell)

    def send_due(self) -> int:
        """Send what is due now; how many messages were taken."""
        due = self._outbox.take(_AT_ONCE)
        list(self._pool.map(self._send, due))
        return len(due)

    def _send(self, due: Due) -> None:
        api = self._apis.get(due.account)
        if api is None:
            reason = "the account is not set any more"
            self._came_of(due, Attempt.DROPPED, partial(self._outbox.drop, due, reason))
            return
        try:
            if self._accounts[due.account].shows_typing:
                with suppress(ApiError):
                    api.show_typing(due.recipient)
            api.send_text(due.recipient, due.text)
        except StoreError as error:  # the token could not be read, so WeChat was not asked
            again = partial(self._outbox.retry, due, due.text, _STORE_PAUSE, str(error))
            self._came_of(due, Attempt.POSTPONED, again)
        except ApiError as error:
            self._failed(due, error)
        else:
            self._came_of(due, Attempt.SENT, partial(self._outbox.sent, due))

    def _failed(self, due: Due, error: ApiError) -> None:
        _log.error("%s: message %d: %s", due.account, due.id, error)
        if isinstance(error, OutcomeUnknownError):
            self._came_of(due, Attempt.UNCERTAIN, partial(self._outbox.doubt, due, str(error)))
        elif isinstance(error, PassingApiError) and due.attempts < len(_RETRY_AFTER):
            rest = "\n".join(error.unsent) or due.text
            again = partial(self._outbox.retry, due, rest, _RETRY_AFTER[due.attempts], str(error))
            self._came_of(due, Attempt.POSTPONED, again)
        else:
            self._came_of(due, Attempt.DROPPED, partial(self._outbox.drop, due, str(error)))

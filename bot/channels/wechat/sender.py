"""Sends queued customer messages: in order for each user, each at most once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
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

    def run(self, go_on: Callable[[], bool], sleep: Callable[[float], object]) -> None:
        """Send for as long as ``go_on`` says so."""
        if abandoned := self._outbox.abandon():
            _log.warning("%d messages may or may not have arrived; they are left", abandoned)
        for number in count():
            if not go_on():
                return
            try:
                if number % _EXPIRE_EVERY == 0:
                    self._outbox.expire()
                if not self.send_due():
                    sleep(_IDLE_SECONDS)
            except StoreError as error:
                _log.error("the store failed: %s", error)
                sleep(_STORE_PAUSE)

    def send_due(self) -> int:
        """Send what is due now; how many messages were taken."""
        due = self._outbox.take(_AT_ONCE)
        list(self._pool.map(self._send, due))
        return len(due)

    def _send(self, due: Due) -> None:
        api = self._apis.get(due.account)
        if api is None:
            self._outbox.drop(due, "the account is not set any more")
            self._observe(due.account, Attempt.DROPPED)
            return
        try:
            if self._accounts[due.account].shows_typing:
                with suppress(ApiError):
                    api.show_typing(due.recipient)
            api.send_text(due.recipient, due.text)
        except StoreError as error:  # the token could not be read, so WeChat was not asked
            self._outbox.retry(due, due.text, _STORE_PAUSE, str(error))
            self._observe(due.account, Attempt.POSTPONED)
        except ApiError as error:
            self._failed(due, error)
        else:
            self._outbox.sent(due)
            self._observe(due.account, Attempt.SENT)

    def _failed(self, due: Due, error: ApiError) -> None:
        _log.error("%s: message %d: %s", due.account, due.id, error)
        if isinstance(error, OutcomeUnknownError):
            self._outbox.doubt(due, str(error))
            self._observe(due.account, Attempt.UNCERTAIN)
        elif isinstance(error, PassingApiError) and due.attempts < len(_RETRY_AFTER):
            rest = "\n".join(error.unsent) or due.text
            self._outbox.retry(due, rest, _RETRY_AFTER[due.attempts], str(error))
            self._observe(due.account, Attempt.POSTPONED)
        else:
            self._outbox.drop(due, str(error))
            self._observe(due.account, Attempt.DROPPED)

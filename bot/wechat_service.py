"""The WeChat side put together from settings: accounts, store, desks, and the sender."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.answering.answerer import Answerer
from bot.channels.metrics.wechat import WechatMetrics
from bot.channels.problems import request_id
from bot.channels.wechat.accounts import Account, AccountKind, read_accounts
from bot.channels.wechat.blueprint import Desk, ObserveDelivery, unobserved
from bot.channels.wechat.user_limits import UserLimits
from bot.domain import Backlog, LoggedQuestion
from bot.settings import Settings
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.stores import Stores

if TYPE_CHECKING:
    from bot.channels.wechat.sender import Sender
    from bot.wechat.api import WeChatApi
    from bot.wechat.caller import ObserveCall


@dataclass(frozen=True)
class WechatService:
    """Everything that serving and sending share. Opens files and database on first use only."""

    settings: Settings

    @cached_property
    def accounts(self) -> list[Account]:
        """The accounts that are set; raises SettingsError when one cannot be right."""
        settings = self.settings
        single = {
            kind: {
                name: getattr(settings, f"wechat_{kind}_{name}")
                for name in ("app_id", "token", "aes_key", "app_secret", "mode")
            }
            for kind in AccountKind
        }
        defaults = {
            "handoff": settings.wechat_handoff,
            "kf_account": settings.wechat_kf_account,
            "office_hours": settings.wechat_office_hours,
            "timezone": settings.wechat_timezone,
            "typing": settings.wechat_typing,
            "feedback": settings.wechat_feedback,
        }
        return read_accounts(single, defaults, settings.wechat_accounts)

    def account(self, name: str) -> Account:
        """The account called ``kind:name``, or ``name`` if that is clear."""
        found = [a for a in self.accounts if name in (a.channel, a.name, str(a.kind))]
        if len(found) != 1:
            known = ", ".join(account.channel for account in self.accounts) or "none is set"
            raise KeyError(f"account {name!r} is not one of: {known}")
        return found[0]

    def desks(
        self,
        answerer: Answerer,
        observe_question: Callable[[LoggedQuestion], None],
        observe: ObserveDelivery = unobserved,
        limits: UserLimits | None = None,
    ) -> list[Desk]:
        """One desk an account; without accounts no store is opened."""
        if not self.accounts:
            return []
        inbox = Inbox(self._stores.database, self._stores.secrets, time.time, observe_question)
        return [
            Desk(account, answerer, inbox, time.time, name_request=request_id, observe=observe, limits=limits)
            for account in self.accounts
        ]

    @property
    def has_sender(self) -> bool:
        """Whether any account answers through WeChat's API."""
        return any(account.kind is AccountKind.MINI for account in self.accounts)

    def sender(self, metrics: WechatMetrics) -> Sender:
        """What sends the queued messages; one for each database is enough."""
        from bot.channels.wechat.sender import Sender

        accounts = {account.channel: account for account in self.accounts if account.app_secret}
        apis = {channel: self._api(account, metrics.called) for channel, account in accounts.items()}
        return Sender(self._outbox, accounts, apis, metrics.attempted)

    def backlog(self) -> list[Backlog]:
        """What the outbox holds of each account that answers through it; raises StoreError."""
        senders = [account.channel for account in self.accounts if account.kind is AccountKind.MINI]
        found = {each.account: each for each in self._outbox.backlog()} if senders else {}
        return [found.get(channel, Backlog(channel)) for channel in senders]

    @property
    def _outbox(self) -> Outbox:
        return Outbox(self._stores.database, self._stores.secrets, time.time)

    def _api(self, account: Account, observe: ObserveCall) -> WeChatApi:
        # For the process that sends: with httpx, this takes longer to load than all other channels.
        from bot.store.tokens import StoredTokens
        from bot.wechat.api import wechat_api
        from bot.wechat.punctual_transport import PunctualTransport
        from bot.wechat.tokens import App

        return wechat_api(
            App(account.credentials.app_id, account.app_secret),
            PunctualTransport(),
            StoredTokens(self._stores.database, self._stores.secrets, time.time, time.sleep),
            clock=time.time,
            sleep=time.sleep,
            base_url=self.settings.wechat_api_base,
            observe=observe,
        )

    @cached_property
    def _stores(self) -> Stores:
        return Stores(self.settings)

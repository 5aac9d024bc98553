"""What commands work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.operations import Operations

if TYPE_CHECKING:
    from bot.answering.answerer import Answerer
    from bot.stores import Stores
    from bot.wechat_service import WechatService


@dataclass(frozen=True)
class Parts:
    """The operator's operations, and what only some commands need: made, and imported, for those."""

    operations: Operations
    answerer: Callable[[], Answerer]
    wechat: Callable[[], WechatService]
    stores: Callable[[], Stores]


def own_parts(operations: Operations) -> Parts:
    """Those of a process that serves nobody."""

    def answerer() -> Answerer:
        from bot.answering.answerer import Answerer

        return Answerer(operations.live_index())

    def wechat() -> WechatService:
        from bot.wechat_service import WechatService

        return WechatService(operations.settings)

    def stores() -> Stores:
        from bot.stores import Stores

        return Stores(operations.settings)

    return Parts(operations, cache(answerer), cache(wechat), cache(stores))

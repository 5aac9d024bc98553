"""What one account is known by: the fields of 基本配置 / 消息推送 in WeChat's console."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from bot.wechat.crypto import MessageCrypto
from bot.wechat.errors import CredentialsError

_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
_APP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Mode(StrEnum):
    """消息加解密方式: 明文, 兼容, 安全."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


@dataclass(frozen=True)
class Credentials:
    """One account's app id, token, mode and AES key; checked when made, silent in logs."""

    app_id: str
    token: str = field(repr=False)
    mode: Mode = Mode.SAFE
    aes_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuses what cannot be right, naming the field and its form."""
        if not _APP_ID.fullmatch(self.app_id):
            raise CredentialsError(
                "app id %(app_id)s: copy AppID from WeChat's console", app_id=repr(self.app_id)
            )
        if not _TOKEN.fullmatch(self.token):
            raise CredentialsError("the token must be 3 to 32 letters and digits, as in WeChat")
        if not self.aes_key and self.mode is not Mode.PLAIN:
            raise CredentialsError("%(mode)s mode needs the AES key: copy EncodingAESKey", mode=self.mode)
        # Decoding it here turns a wrong key into an error at the start, not at the first push.
        _ = self.crypto

    @cached_property
    def crypto(self) -> MessageCrypto | None:
        """Opens and seals for this account; None without an AES key (plain mode only)."""
        if not self.aes_key:
            return None
        return MessageCrypto(self.token, self.aes_key, self.app_id)

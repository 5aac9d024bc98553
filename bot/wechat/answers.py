"""What WeChat's server API answers: JSON, with ``errcode`` when it refuses (全局返回码)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.wechat.characters import clean
from bot.wechat.errors import (
    ApiError,
    ApiSettingsError,
    BusyError,
    ContentRefusedError,
    ContentTooLongError,
    LastingApiError,
    NotPermittedError,
    OutcomeUnknownError,
    QuotaSpentError,
    RecipientError,
    TokenRefusedError,
    TypingRefusedError,
    WindowClosedError,
)

_CODES: dict[type[ApiError], tuple[int, ...]] = {
    BusyError: (-1, 45011),
    TokenRefusedError: (40001, 40014, 42001),
    ApiSettingsError: (40002, 40013, 40125, 40164, 40243, 41001, 41002, 41004),
    NotPermittedError: (40200, 48001, 48004, 50001, 50002, 61007),
    WindowClosedError: (45015,),
    QuotaSpentError: (45009, 45047),
    RecipientError: (40003, 43004),
    TypingRefusedError: (45072, 45080, 45081),
    ContentRefusedError: (40007, 40033, 44004, 45008, 87014),
    ContentTooLongError: (45002,),
}
_ERRORS = {str(code): error for error, codes in _CODES.items() for code in codes}
_RID = re.compile(r"\s*rid:\s*([\w-]+)")


@dataclass(frozen=True)
class Call:
    """What is posted where; neither token nor body show in logs."""

    path: str
    body: Mapping[str, object] = field(repr=False)
    access_token: str = field(default="", repr=False)

    def redacted(self, text: str) -> str:
        """The text without this call's token, secret and openid, should WeChat or a proxy repeat them."""
        for secret in (self.access_token, self.body.get("secret"), self.body.get("touser")):
            text = text.replace(str(secret), "***") if secret else text
        return clean(text)[:300]


def read_answer(call: Call, status: int, body: bytes) -> Mapping[str, object]:
    """The answer's fields, or the :class:`ApiError` that it stands for."""
    _check_status(call, status)
    answer = _json_object(body)
    if answer is None:
        raise OutcomeUnknownError(call.path, None, "the answer is not JSON")
    _check_code(call, answer)
    return answer


def _check_status(call: Call, status: int) -> None:
    # WeChat answers 200 even to errors; anything else comes from something in between.
    if status == 200:
        return
    if status == 429:
        raise BusyError(call.path, None, "HTTP 429")
    error = ApiSettingsError if 400 <= status < 500 else OutcomeUnknownError
    raise error(call.path, None, f"HTTP {status}")


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _check_code(call: Call, answer: Mapping[str, object]) -> None:
    code = str(answer.get("errcode", 0))[:12]
    if code == "0":
        return
    message = call.redacted(str(answer.get("errmsg") or ""))
    rid = _RID.search(message)
    # Unknown codes are taken as lasting, so that nobody loops on them.
    error = _ERRORS.get(code, LastingApiError)
    number = int(code) if code.lstrip("-").isdecimal() else None
    raise error(call.path, number, _RID.sub("", message).strip(), rid[1] if rid else "")

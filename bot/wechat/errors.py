"""The named errors of the WeChat wire format.

BotError
├── SettingsError
│   └── CredentialsError          token, app id, AES key or address is malformed
└── WeChatError
    ├── NotAuthenticError         answer 403
    ├── UnusablePushError         authentic: answer ``success``
    │   ├── MalformedPushError        not a push we can read
    │   └── DecryptionError           signed, but the AES key does not open it
    └── ApiError                  call, code, rid; ``unsent`` after a broken send
        ├── PassingApiError       the same call may work later
        │   ├── UnreachableError      WeChat never got the message
        │   ├── OutcomeUnknownError   the only one after which it may have arrived
        │   ├── BusyError             -1, 45011: still busy after the back-off
        │   └── TokenRefusedError     40001, 40014, 42001: also after one refresh
        └── LastingApiError       do not repeat; unknown codes end here
            ├── ApiSettingsError      app id, secret, IP whitelist or address
            ├── NotPermittedError     this account may not use this call
            ├── WindowClosedError     45015: the user has to write first
            ├── QuotaSpentError       45047, 45009: no messages left
            ├── RecipientError        40003, 43004: not a user of this account
            ├── TypingRefusedError    4507x, 4508x: harmless
            └── ContentRefusedError   empty, unreadable or risky
                └── ContentTooLongError   45002
"""

from __future__ import annotations

from typing import ClassVar

from bot.errors import BotError, SettingsError
from bot.sentences import Sentence


class CredentialsError(SettingsError):
    """A WeChat setting cannot be right; the message names it and the expected form."""


class WeChatError(BotError):
    """Any foreseen failure between WeChat and us."""


class NotAuthenticError(WeChatError):
    """The request does not prove that it comes from WeChat for this account."""


class UnusablePushError(WeChatError):
    """The push is authentic, but nothing can be done with it."""


class MalformedPushError(UnusablePushError):
    """The body is not a push: too large, not XML or JSON, or with a DOCTYPE."""


class DecryptionError(UnusablePushError):
    """The ciphertext is signed with our token, but the AES key does not open it."""


class ApiError(WeChatError):
    """WeChat refused a call, or could not be asked."""

    remedy: ClassVar[str] = "look the code up in WeChat's table of return codes"
    _without_code: ClassVar[str] = "http"

    def __init__(self, call: str, code: int | None, reason: str, rid: str = "") -> None:
        """``call`` is the path; ``code`` WeChat's errcode, None where it gave none."""
        self.call, self.code, self.reason, self.rid = call, code, reason, rid
        # What a multi-part send had not delivered when it broke, first piece first.
        self.unsent: tuple[str, ...] = ()
        super().__init__(str(self))

    @property
    def short_code(self) -> str:
        """WeChat's errcode; the kind of failure in a word where it gave none."""
        return self._without_code if self.code is None else str(self.code)

    def __str__(self) -> str:
        """What failed, and what to do about it."""
        code = "" if self.code is None else f" {self.code}"
        rid = f" (rid {self.rid})" if self.rid else ""
        said = {"call": self.call, "code": code, "reason": self.reason, "rid": rid}
        return Sentence(
            "%(call)s:%(code)s %(reason)s%(rid)s; %(remedy)s", **said, remedy=Sentence(self.remedy)
        )


class PassingApiError(ApiError):
    """The same call may work later."""

    remedy = "try again later"


class UnreachableError(PassingApiError):
    """No connection, or no token: WeChat never got the message, repeating it is safe."""

    remedy = "check DNS, firewall and the API address"
    _without_code = "unreachable"


class OutcomeUnknownError(PassingApiError):
    """The call went out but no answer came back: repeating it may send a message twice."""

    remedy = "do not repeat a message that may have arrived"
    _without_code = "unanswered"


class BusyError(PassingApiError):
    """WeChat was busy through the whole back-off."""


class TokenRefusedError(PassingApiError):
    """WeChat refused the access token, and the renewed one as well."""

    remedy = "make sure that nothing else renews this app's stable token by force"


class LastingApiError(ApiError):
    """Repeating the call cannot help."""


class ApiSettingsError(LastingApiError):
    """App id, secret, IP whitelist or API address is wrong."""

    remedy = "check app id, app secret, API address and the IP whitelist in WeChat's console"


class NotPermittedError(LastingApiError):
    """This account may not use this call, as a rule because it is not verified."""

    remedy = "see in WeChat's console whether the account is verified, permitted and not restricted"


class WindowClosedError(LastingApiError):
    """The time in which this user may be written to is over."""

    remedy = "the user has to write again"


class QuotaSpentError(LastingApiError):
    """No messages are left for this user, or no calls for today."""

    remedy = "the user has to write again; calls spent for today are back tomorrow"


class RecipientError(LastingApiError):
    """The recipient is no user of this account, or does not follow it any more."""

    remedy = "compare the app id if it happens often"


class TypingRefusedError(LastingApiError):
    """The typing sign is shown already, or the user has not written for 30 seconds."""

    remedy = "nothing to do"


class ContentRefusedError(LastingApiError):
    """WeChat does not accept what we wanted to send."""

    remedy = "correct the text"


class ContentTooLongError(ContentRefusedError):
    """The text is longer than WeChat carries in one message."""

    remedy = "split the text"

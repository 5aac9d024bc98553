"""Passive replies: what goes back in the response to a push (被动回复用户消息, 转发到客服)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.wechat.characters import clean, unix_lines
from bot.wechat.crypto import MessageCrypto
from bot.wechat.fields import Format
from bot.wechat.messages import Push, PushKind
from bot.wechat.text import first_piece

ReplyFields: TypeAlias = "Mapping[str, str | int | ReplyFields]"

_MEDIA_TYPES = {Format.XML: "application/xml", Format.JSON: "application/json"}


@dataclass(frozen=True)
class PassiveReply:
    """A response body and the media type to send it with, always in UTF-8."""

    body: str
    media_type: str


# "Handled": no retry, nothing shown to the user, and plain even in safe mode.
SUCCESS = PassiveReply("success", "text/plain")


def text_reply(push: Push, content: str, *, created_at: int) -> PassiveReply:
    """A text to the sender, cut to one message; ``success`` when there is no text.

    An empty or over-long ``Content`` would make WeChat show its failure notice.
    """
    piece = first_piece(content).piece
    if not (piece and push.sender and push.recipient):
        return SUCCESS
    return _reply(push, created_at, {"MsgType": "text", "Content": piece})


def transfer_reply(push: Push, *, created_at: int, kf_account: str = "") -> PassiveReply:
    """Hands the user's message to a human; events cannot be handed over and get ``success``."""
    if push.kind in (PushKind.EVENT, PushKind.UNKNOWN):
        return SUCCESS
    fields: dict[str, str | ReplyFields] = {"MsgType": "transfer_customer_service"}
    if kf_account:
        fields["TransInfo"] = {"KfAccount": kf_account}
    return _reply(push, created_at, fields)


def sealed(
    reply: PassiveReply, push: Push, crypto: MessageCrypto | None, *, timestamp: int, nonce: str
) -> PassiveReply:
    """The reply as the push wants it: encrypted when the push was, except for ``success``.

    ``timestamp`` is our own time in seconds, ``nonce`` the one in the push's query.
    """
    if reply == SUCCESS or not push.is_encrypted or crypto is None:
        return reply
    envelope = crypto.encrypt(reply.body.encode(), timestamp, clean(nonce))
    fields: ReplyFields = {
        "Encrypt": envelope.encrypt,
        "MsgSignature": envelope.msg_signature,
        "TimeStamp": envelope.timestamp,
        "Nonce": envelope.nonce,
    }
    return _written(fields, push.format)


def _reply(push: Push, created_at: int, fields: ReplyFields) -> PassiveReply:
    parties: ReplyFields = {
        "ToUserName": push.sender,
        "FromUserName": push.recipient,
        "CreateTime": created_at,
    }
    return _written({**parties, **fields}, push.format)


def _written(fields: ReplyFields, format_: Format) -> PassiveReply:
    if format_ is Format.JSON:
        body = json.dumps(fields, ensure_ascii=False)
    else:
        body = f"<xml>{_elements(fields)}</xml>"
    return PassiveReply(body, _MEDIA_TYPES[format_])


def _elements(fields: ReplyFields) -> str:
    return "".join(f"<{name}>{_element(value)}</{name}>" for name, value in fields.items())


def _element(value: str | int | ReplyFields) -> str:
    # CreateTime and TimeStamp have to be bare numbers: in CDATA the client refuses the reply.
    match value:
        case str():
            return cdata(value)
        case int():
            return str(value)
        case _:
            return _elements(value)


def cdata(text: str) -> str:
    """The text as CDATA that it cannot end: ``]]>`` is spread over two sections."""
    escaped = unix_lines(clean(text)).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{escaped}]]>"

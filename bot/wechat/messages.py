"""Parsing what WeChat pushes: messages and events.

接收普通消息, 接收事件推送, 自定义菜单事件推送 (official accounts); 接收消息和事件 (mini programs).
"""

from __future__ import annotations

import hashlib
import json

from bot.wechat.fields import MAX_BODY_BYTES, Document, read_document
from bot.wechat.push import Event, Push, PushKind

__all__ = ["Event", "Push", "PushKind", "delivery_key", "parse_push", "push_from"]


def parse_push(body: bytes, max_bytes: int = MAX_BODY_BYTES) -> Push:
    """The push in a decrypted or plain body, or :class:`MalformedPushError`."""
    return push_from(read_document(body, max_bytes))


def push_from(document: Document) -> Push:
    """The push that a document describes; never raises, whatever its fields hold."""
    text = document.text
    return Push(
        kind=_kind(document),
        format=document.format,
        recipient=text("ToUserName"),
        sender=text("FromUserName"),
        created_at=_whole(text("CreateTime")),
        message_id=_message_id(text("MsgId")),
        content=text("Content"),
        menu_id=text("bizmsgmenuid"),
        event=text("Event").lower(),
        event_key=text("EventKey"),
        ticket=text("Ticket"),
        recognition=text("Recognition"),
        picture_url=text("PicUrl"),
        media_id=text("MediaId"),
        title=text("Title"),
        description=text("Description"),
        url=text("Url"),
        page_path=text("PagePath"),
        scan_result=text("ScanCodeInfo", "ScanResult"),
        session_from=text("SessionFrom"),
        # A switched session is served by the account it goes to.
        kf_account=text("ToKfAccount") or text("KfAccount"),
        fields=document.fields,
    )


def delivery_key(app_id: str, push: Push) -> str:
    """The same for every delivery of one push, at most 130 characters beside the app id.

    Messages are known by ``MsgId``; events have none and are known by sender, time, event and
    key (关于重试的消息排重). A message that lacks its id is told apart by its text as well. The
    sender always counts: nobody gets the reply to another's message, whatever id it comes with.
    """
    if push.message_id:
        return f"{app_id}:message:{_digest(json.dumps((push.sender, push.message_id)))}"
    parts = (push.sender, push.created_at, push.event, push.event_key, push.kind, push.content)
    return f"{app_id}:event:{_digest(json.dumps(parts))}"


def _kind(document: Document) -> PushKind:
    # A push without both parties cannot be answered, whatever else it says.
    if not (document.text("FromUserName") and document.text("ToUserName")):
        return PushKind.UNKNOWN
    try:
        return PushKind(document.text("MsgType").lower())
    except ValueError:
        return PushKind.UNKNOWN


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def _message_id(text: str) -> str:
    # "0" is no id: as a key it would merge all messages that come with it.
    return "" if text == "0" else text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

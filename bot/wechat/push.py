"""One push in the words of this program; ``messages`` fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.wechat.fields import Field, Format

# What the official account shows and pushes in place of a sticker it cannot carry.
_STICKER_TEXT = "【收到不支持的消息类型，暂无法显示】"
_SCENE_PREFIX = "qrscene_"


class PushKind(StrEnum):
    """``MsgType``; whatever this program does not know is ``unknown``."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    SHORTVIDEO = "shortvideo"
    LOCATION = "location"
    LINK = "link"
    FILE = "file"
    MINI_PROGRAM_PAGE = "miniprogrampage"
    EVENT = "event"
    UNKNOWN = "unknown"


class Event(StrEnum):
    """The documented events, in lower case as :attr:`Push.event` has them."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SCAN = "scan"
    LOCATION = "location"
    CLICK = "click"
    VIEW = "view"
    VIEW_MINI_PROGRAM = "view_miniprogram"
    SCANCODE_PUSH = "scancode_push"
    SCANCODE_WAIT = "scancode_waitmsg"
    PHOTO = "pic_sysphoto"
    PHOTO_OR_ALBUM = "pic_photo_or_album"
    ALBUM = "pic_weixin"
    LOCATION_SELECT = "location_select"
    TEMPLATE_SENT = "templatesendjobfinish"
    MASS_SENT = "masssendjobfinish"
    SUBSCRIPTION_POPUP = "subscribe_msg_popup_event"
    SUBSCRIPTION_CHANGE = "subscribe_msg_change_event"
    SUBSCRIPTION_SENT = "subscribe_msg_sent_event"
    SERVICE_OPENED = "kf_create_session"
    SERVICE_CLOSED = "kf_close_session"
    SERVICE_SWITCHED = "kf_switch_session"
    AUTHORIZATION_REVOKED = "user_authorization_revoke"
    USER_MODIFIED = "user_info_modified"
    ENTER_SESSION = "user_enter_tempsession"


@dataclass(frozen=True)
class Push:
    """One push; texts that it does not carry are empty."""

    kind: PushKind
    format: Format
    recipient: str
    sender: str
    created_at: int
    message_id: str = ""
    content: str = ""
    menu_id: str = ""
    event: str = ""
    event_key: str = ""
    ticket: str = ""
    recognition: str = ""
    picture_url: str = ""
    media_id: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    page_path: str = ""
    scan_result: str = ""
    session_from: str = ""
    kf_account: str = ""
    is_encrypted: bool = False
    fields: Mapping[str, Field] = field(default_factory=dict, repr=False)

    @property
    def scene(self) -> str:
        """The scene of the QR code behind a ``subscribe`` or ``SCAN``."""
        if self.event == Event.SCAN:
            return self.event_key
        is_scene = self.event == Event.SUBSCRIBE and self.event_key.startswith(_SCENE_PREFIX)
        return self.event_key.removeprefix(_SCENE_PREFIX) if is_scene else ""

    @property
    def is_sticker(self) -> bool:
        """Whether the text only stands for something WeChat could not carry."""
        return self.kind is PushKind.TEXT and self.content == _STICKER_TEXT

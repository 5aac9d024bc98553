"""Links in a text that send a message when they are tapped (``weixin://bizmsgmenu``)."""

from __future__ import annotations

from bot.wechat.characters import clean

# Whether WeChat decodes %XX here is not documented, and these would end the attribute, the
# parameter or the tag. Their full-width twins look alike and NFKC turns them back.
_FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in "&#\"'<>%+="}


def menu_link(content: str, menu_id: str = "0", label: str = "") -> str:
    """A link that, when tapped, sends ``content`` as the user's own text message.

    The message may come without the id, so answer it by its text alone.
    """
    message = _attribute(content)
    shown = _attribute(label) or message
    href = f"weixin://bizmsgmenu?msgmenucontent={message}&msgmenuid={_attribute(menu_id)}"
    return f'<a href="{href}">{shown}</a>'


def _attribute(text: str) -> str:
    return " ".join(clean(text).split()).translate(_FULL_WIDTH)

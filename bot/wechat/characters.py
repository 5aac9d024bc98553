"""Which characters may travel: XML 1.0, section 2.2 (``Char``), for both formats."""

from __future__ import annotations

import re

# Users' texts do contain U+0010 or U+001D; one of them makes a strict XML parser refuse
# the whole push. Lone surrogates come in through JSON escapes and cannot be encoded again.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what XML forbids: control characters, surrogates, U+FFFE and U+FFFF."""
    return _ILLEGAL.sub("", text)


def unix_lines(text: str) -> str:
    """The text with LF as its only line break: WeChat shows nothing else as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n")

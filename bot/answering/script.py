"""Chinese scripts: Traditional -> Simplified for matching, Simplified -> Traditional for replies."""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

# OpenCC's configurations: characters only, and characters with Taiwan's words (程式, 軟體, 選單).
_TO_SIMPLIFIED = "tw2sp"
_CHARACTERS_TO_SIMPLIFIED = "t2s"
_CHARACTERS_TO_TRADITIONAL = "s2t"
_TO_TRADITIONAL = "s2tw"
_TO_TAIWAN = "s2twp"
# Good mainland words that OpenCC would turn into others (小程序 into 小进程, 么 into 幺).
_MAINLAND = re.compile("(程序|文件|社群|么)")


@cache
def _converter(configuration: str) -> OpenCC:
    return OpenCC(configuration)


def to_simplified(text: str) -> str:
    """Simplified characters and mainland words."""
    convert = _converter(_TO_SIMPLIFIED).convert
    # The odd parts are the mainland words.
    parts = _MAINLAND.split(text)
    return "".join(part if i % 2 else convert(part) for i, part in enumerate(parts))


def is_traditional(text: str) -> bool:
    """Whether more characters are written the Traditional way only than the Simplified way only."""
    traditional = _changed(text, _CHARACTERS_TO_SIMPLIFIED)
    return traditional > _changed(text, _CHARACTERS_TO_TRADITIONAL)


def is_simplified(text: str) -> bool:
    """Whether any character is written the Simplified way only."""
    return _changed(text, _CHARACTERS_TO_TRADITIONAL) > 0


def _changed(text: str, configuration: str) -> int:
    converted = _converter(configuration).convert(text)
    return sum(a != b for a, b in zip(text, converted, strict=False))


def to_traditional(text: str, *, like: str) -> str:
    """Traditional characters; with Taiwan's words where the question ``like`` uses them."""
    characters = _converter(_CHARACTERS_TO_SIMPLIFIED).convert(like)
    speaks_taiwanese = to_simplified(like) != characters
    converted: str = _converter(_TO_TAIWAN if speaks_taiwanese else _TO_TRADITIONAL).convert(text)
    return converted

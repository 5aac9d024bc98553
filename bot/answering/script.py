"""Chinese scripts: Traditional -> Simplified for matching, Simplified -> Traditional for replies."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from operator import ne

from opencc import OpenCC

# OpenCC's configurations: characters only, and characters with Taiwan's words (程式, 軟體, 選單).
_TO_SIMPLIFIED = "tw2sp"
_CHARACTERS_TO_SIMPLIFIED = "t2s"
# Hong Kong's standard keeps 台, which Taiwan writes as well.
_CHARACTERS_TO_TRADITIONAL = "s2hk"
_TO_TRADITIONAL = "s2tw"
_TO_TAIWAN = "s2twp"
# Good mainland words that OpenCC would turn into others (小程序 into 小进程, 么 into 幺).
_MAINLAND = re.compile("(程序|文件|社群|么)")
# Taiwan's words that OpenCC turns character by character.
_MORE_WORDS = {
    "行动支付": "移动支付",
    "智能型手机": "智能手机",
    "金流": "支付",
    "网域": "域名",
    "行销": "营销",
    "个资": "个人信息",
    "套版": "模板",
    "推播": "推送",
    "户头": "账户",
    "折价券": "优惠券",
    "集点": "积分",
    "宅配": "快递",
    "门市": "门店",
    "工作天": "工作日",
    "退件": "驳回",
}
# Answers of the knowledge are converted again and again, and each for all that a reply shows. About 2 MB.
_REMEMBERED = 1024
_MORE = re.compile("|".join(_MORE_WORDS))


@cache
def _converter(configuration: str) -> OpenCC:
    return OpenCC(configuration)


def to_simplified(text: str) -> str:
    """Simplified characters and mainland words."""
    if text.isascii():
        return text
    convert = _converter(_TO_SIMPLIFIED).convert
    # The odd parts are the mainland words.
    parts = _MAINLAND.split(text)
    simplified = "".join(part if i % 2 else convert(part) for i, part in enumerate(parts))
    return _MORE.sub(lambda word: _MORE_WORDS[word[0]], simplified)


def is_traditional(text: str) -> bool:
    """Whether more characters are written the Traditional way only than the Simplified way only.

    Where no character tells, Taiwan's words do (小程式).
    """
    traditional = _changed(text, _CHARACTERS_TO_SIMPLIFIED)
    # Asked last: it takes longest, and most texts are Simplified.
    if traditional == 0:
        return _speaks_taiwanese(text) and not is_simplified(text)
    return traditional > _changed(text, _CHARACTERS_TO_TRADITIONAL)


@lru_cache(_REMEMBERED)
def _speaks_taiwanese(text: str) -> bool:
    characters: str = _converter(_CHARACTERS_TO_SIMPLIFIED).convert(text)
    return to_simplified(text) != characters


def is_simplified(text: str) -> bool:
    """Whether any character is written the Simplified way only."""
    return _changed(text, _CHARACTERS_TO_TRADITIONAL) > 0


def _changed(text: str, configuration: str) -> int:
    converted = _converter(configuration).convert(text)
    # Most texts stay as they are, and whole builds pass through here.
    return sum(map(ne, text, converted)) if converted != text else 0


def to_traditional(text: str, *, like: str) -> str:
    """Traditional characters; with Taiwan's words where the question ``like`` uses them."""
    return _in_traditional(text, _TO_TAIWAN if _speaks_taiwanese(like) else _TO_TRADITIONAL)


@lru_cache(_REMEMBERED)
def _in_traditional(text: str, configuration: str) -> str:
    converted: str = _converter(configuration).convert(text)
    return converted

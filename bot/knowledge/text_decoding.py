"""Bytes of a table -> text: the encodings that spreadsheet programs save in."""

from __future__ import annotations

import codecs
import re

from bot.errors import TableError

_SAMPLE = 100_000
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Lead bytes of punctuation and of the few thousand characters that nearly every text is made of.
_COMMON = {"gb18030": (range(0xA1, 0xA4), range(0xB0, 0xD8)), "big5hkscs": (range(0xA1, 0xC7),)}
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
# In Western texts high bytes stand alone (’ é), in Chinese ones in pairs.
_WESTERN_SHARE = 0.9


def decode(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding; raises TableError when none fits."""
    for encoding in _candidates(content):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise TableError("the text's encoding is unknown; save the file as UTF-8")


def _candidates(content: bytes) -> list[str]:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return [encoding]
    zeros = [content[start:_SAMPLE:2].count(0) for start in (0, 1)]
    if any(zeros):
        return ["utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"]
    return ["utf-8", *_legacy(content)]


def _legacy(content: bytes) -> list[str]:
    runs = _HIGH_BYTES.findall(content[:_SAMPLE])
    chinese = sorted(_COMMON, key=lambda encoding: -_share_of_common(content, encoding))
    is_western = sum(len(run) == 1 for run in runs) > _WESTERN_SHARE * len(runs)
    return ["cp1252", *chinese] if is_western else chinese


def _share_of_common(content: bytes, encoding: str) -> float:
    text = content[:_SAMPLE].decode(encoding, "replace")
    foreign = [char for char in text if not char.isascii()]
    return sum(_is_common(char, encoding) for char in foreign) / max(len(foreign), 1)


def _is_common(char: str, encoding: str) -> bool:
    code = char.encode(encoding, "replace")
    return len(code) == 2 and any(code[0] in leads for leads in _COMMON[encoding])

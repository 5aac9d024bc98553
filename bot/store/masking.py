"""Takes out of a text what names or reaches a person and was hardly meant for the bot: numbers, addresses."""

from __future__ import annotations

import re
import unicodedata

# What a full-width digit, sign or letter is written as in ASCII: one character for one.
_WIDE = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFF5F)}
_FROM, _TO = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_GAP = r"[ \-]?"
# Nearly no question has any of this, so that the rest need not be looked for.
_ANYTHING = re.compile(r"@|\d(?:[ \-()]{0,2}\d){5}", re.ASCII)
# In this order: a longer kind of number before one that could be a part of it.
_KINDS = (
    ("email", re.compile(r"[A-Za-z0-9_.+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")),
    # The mainland's identity card: region, birthday, serial number, check.
    ("id", re.compile(rf"{_FROM}[1-9]\d{{5}}{_GAP}(?:18|19|20)\d{{6}}{_GAP}\d{{3}}[0-9Xx]{_TO}", re.ASCII)),
    # Taiwan's and Hong Kong's.
    ("id", re.compile(rf"{_FROM}[A-Z][1289]\d{{8}}{_TO}|{_FROM}[A-Z]{{1,2}}\d{{6}}\([0-9A]\)", re.ASCII)),
    # Mobiles of the mainland and of Taiwan, any number with a country's code, a landline with its area's.
    ("phone", re.compile(rf"{_FROM}(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}{_TO}", re.ASCII)),
    ("phone", re.compile(rf"{_FROM}09\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_TO}", re.ASCII)),
    ("phone", re.compile(rf"\+[1-9](?:{_GAP}\d){{7,14}}{_TO}", re.ASCII)),
    ("phone", re.compile(rf"{_FROM}\(?0\d{{2,3}}\)?[ \-]?\d{{7,8}}{_TO}", re.ASCII)),
    # Bank cards and other long numbers, whole or in groups.
    ("number", re.compile(rf"{_FROM}\d{{4}}(?:{_GAP}\d{{4}}){{2,3}}{_GAP}\d{{0,3}}{_TO}", re.ASCII)),
    ("number", re.compile(rf"{_FROM}\d{{10,}}{_TO}", re.ASCII)),
)


def masked(text: str) -> str:
    """The text with e-mail addresses, phone, identity and bank card numbers as ``[email]``, ``[phone]`` …"""
    plain = text if text.isascii() else text.translate(_WIDE)
    if not _ANYTHING.search(plain):
        return text
    for kind, pattern in _KINDS:
        # From the end, so that the places before stay where they are; the text itself keeps its full width.
        for match in reversed(list(pattern.finditer(plain))):
            start, end = match.span()
            plain, text = (f"{each[:start]}[{kind}]{each[end:]}" for each in (plain, text))
    return text

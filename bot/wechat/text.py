"""Cutting a text to what one message carries: 2048 bytes of UTF-8 (客服消息, 45002).

The unit is bytes: 2048 Chinese characters are three times too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.wechat.characters import clean, unix_lines

MAX_TEXT_BYTES = 2048

# What is never cut: a link with its tag, an address, a WeChat face, and one visible character,
# with the marks, joiners and skin tones that belong to it.
_LINK = r"<a\b[^<>]*>[^<]*(?:<(?!/?a\b)[^<]*)*</a>"
_ADDRESS = r"(?:https?|weixin)://[!#-;=?-~]*[A-Za-z0-9/&=#_~-]"
_FACE = r"\[[\u4e00-\u9fff]{1,4}\]"
_MARKS = r"[\u0300-\u036f\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_CHARACTER = rf"[\U0001f1e6-\U0001f1ff]{{2}}|.(?:{_MARKS}|\u200d.)*"
_ATOM = re.compile(f"{_LINK}|{_ADDRESS}|{_FACE}|{_CHARACTER}", re.DOTALL | re.IGNORECASE)

_CLOSING = r"[\"'”’」』）)\]】》]*"
_SENTENCE_END = re.compile(
    rf"\n+|[。！？；…]+{_CLOSING}|[!?;]+{_CLOSING}(?![\w.!?;])|(?<!\d)\.{_CLOSING}(?=\s)", re.ASCII
)
_CLAUSE_END = re.compile(r"[，、：]|\s+")
_LINK_PARTS = re.compile(r"<a\b[^<>]*>(.*)</a>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Cut:
    """A piece that fits, and what is left of the text."""

    piece: str
    rest: str


def split_bytes(text: str, limit: int = MAX_TEXT_BYTES) -> list[str]:
    """The text in pieces of at most ``limit`` bytes each; none for a blank text."""
    pieces = []
    while text:
        cut = first_piece(text, limit)
        text = cut.rest
        if cut.piece:
            pieces.append(cut.piece)
    return pieces


def first_piece(text: str, limit: int = MAX_TEXT_BYTES) -> Cut:
    """As much as fits into ``limit`` bytes, up to the end of a sentence where there is one.

    Characters and links stay whole; only a link or address longer than a whole message is
    broken, since it has no other way to arrive.
    """
    if limit < 4:
        raise ValueError(f"{limit} bytes cannot hold every character: the least is 4")
    text = unix_lines(clean(text)).strip()
    if len(text.encode()) <= limit:
        return Cut(text, "")
    ends = list(_atom_ends(text, limit))
    if not ends:
        return _broken_atom(text, limit)
    end = _best_end(text, ends)
    return Cut(text[:end].strip(), text[end:].strip())


def _atom_ends(text: str, limit: int) -> Iterator[int]:
    """Where the text may be cut so that the part before fits."""
    size = 0
    for atom in _ATOM.finditer(text):
        size += len(atom[0].encode())
        if size > limit:
            return
        yield atom.end()


def _best_end(text: str, ends: list[int]) -> int:
    allowed = frozenset(ends)
    for pattern in (_SENTENCE_END, _CLAUSE_END):
        # One more character is searched, for the blank after a full stop.
        found = [m.end() for m in pattern.finditer(text, 0, ends[-1] + 1) if m.end() in allowed]
        if found:
            return found[-1]
    return ends[-1]


def _broken_atom(text: str, limit: int) -> Cut:
    link = _LINK_PARTS.match(next(_ATOM.finditer(text))[0])
    if link:
        # A tag in two halves shows as garbage: its words are what can be saved.
        return first_piece(link[1] + text[link.end() :], limit)
    piece = text.encode()[:limit].decode(errors="ignore")
    return Cut(piece, text[len(piece) :].strip())

"""A question as typed -> a query: one form for what means the same, and the language to reply in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.answering.script import is_traditional, to_simplified
from bot.domain import Language, Query

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
# Words that carry a Chinese sentence: with one of them, Latin words are terms in a Chinese question.
_CHINESE_FRAME = re.compile(
    "[吗嗎呢吧么麼的了是怎什哪谁誰几幾多能可要有没沒不在和跟与與给給把被让讓对對从從会會该該需想我你他]"
)
# Controls, invisible marks, and halves of characters that no text should hold.
_CONTROL = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_PICTURE = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+")
_MARKS = re.compile(r"[!?。,.~]{2,}")
_NOT_WORD = re.compile(r"[\W_]+")
# Not digits: 10000 is another number than 1000.
_REPEATED = re.compile(r"(\D)\1{3,}")
# Typed by its first sounds in the middle of Chinese: xcx备案.
_INITIALS = {"xcx": "小程序", "gzh": "公众号", "zfb": "支付宝", "wx": "微信"}
_BESIDE_HAN = re.compile(
    rf"(?<=[\u3400-\u9fff])\s?({'|'.join(_INITIALS)})(?![a-z0-9_.])"
    rf"|(?<![a-z0-9_.])({'|'.join(_INITIALS)})\s?(?=[\u3400-\u9fff])"
)
_HAN_WORTH_A_WORD = 2
# A question on its way is looked at by several, and the usual ones come again and again. About 1 MB.
_REMEMBERED = 1024


@lru_cache(_REMEMBERED)
def normalise(text: str, language: Language | None = None) -> Query:
    """Fold width, case, spaces, pictures, script and repetition; detect the language unless it is given."""
    written, folded = _folded(text)
    return Query(folded, _NOT_WORD.sub("", folded), language or detect_language(written))


@lru_cache(_REMEMBERED)
def _folded(text: str) -> tuple[str, str]:
    """The text in the script it is written in, and as all texts are compared."""
    written = legible(text)
    if not written.isascii():
        written = unicodedata.normalize("NFKC", _PICTURE.sub(" ", written))
    written = _MARKS.sub(_one_mark, written)
    written = _REPEATED.sub(r"\1\1\1", written)
    return written, _written_out(to_simplified(" ".join(written.split()).casefold()))


def _written_out(text: str) -> str:
    return text if text.isascii() else _BESIDE_HAN.sub(lambda found: _INITIALS[found[1] or found[2]], text)


def legible(text: str) -> str:
    """The text with a space for whatever cannot be seen or written."""
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def _one_mark(marks: re.Match[str]) -> str:
    return "?" if "?" in marks[0] else marks[0][0]


@lru_cache(_REMEMBERED)
def detect_language(text: str) -> Language:
    """The language and script that the question is framed in; a foreign term in it does not count."""
    if not _is_chinese(text):
        return Language.ENGLISH
    return Language.TRADITIONAL if is_traditional(text) else Language.SIMPLIFIED


def _is_chinese(text: str) -> bool:
    if text.isascii():
        return False
    han = len(_HAN.findall(text))
    words = len(_LATIN_WORD.findall(text))
    return han > 0 and (han >= _HAN_WORTH_A_WORD * words or _CHINESE_FRAME.search(text) is not None)

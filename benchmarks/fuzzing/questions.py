"""Questions: any text has one form, which can be stored, and a language to be answered in."""

from __future__ import annotations

from bot.answering.normalising import legible, normalise
from bot.domain import Language

# As long as a question may be, in characters of three bytes.
LONGEST = 1500
WORDS = [
    text.encode()
    for text in (
        *("小程序备案要多久", "小程式備案", "么", "程序", "幺", "行動支付", "文件", "備", "臺灣", "里", "裏"),
        *(
            "\u200b",
            "\u202e",
            "\ufeff",
            "\u0301",
            "\ufdfa",
            "\u3300",
            "ﬁ",
            "İ",
            "ß",
            "👩\u200d💻",
            "\U000e0041",
        ),
        *(
            "？？？",
            "!!!!",
            "。。",
            "1000000",
            "aaaa",
            "哈哈哈哈",
            "\u3000",
            "\u2028",
            "\x00",
            "的",
            "WeChat",
            "’s",
        ),
    )
]
SEEDS = [
    "小程序备案要多久？？？".encode(),
    "個人可以開小程式商城嗎".encode(),
    b"How long does the filing take???",
    "我想问一下，ICP备案 和 小程序备案 有什么区别👍👍👍👍".encode(),
    "ＡＢＣ１２３　ｱ".encode(),
]


def case(data: bytes) -> None:
    """The whole is a question; halves of characters come from JSON."""
    text = data.decode("utf-8", "surrogateescape")
    query = normalise(text)
    assert query.text.encode() is not None and query.key.encode() is not None
    assert query.text == " ".join(query.text.split()) and query.language in Language
    assert all(character.isalnum() for character in query.key) and len(legible(text)) <= len(text)
    for language in Language:
        assert normalise(text, language).language is language

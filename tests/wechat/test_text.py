"""Cutting: every piece fits, nothing is lost, sentences and links stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.text import first_piece, split_bytes

LINK = '<a href="https://example.com/很长?a=1&b=2">说明。第二句。</a>'
FAMILY = "👨‍👩‍👧‍👦"


def unspaced(text: str) -> str:
    return "".join(text.split())


def test_a_short_text_is_one_piece():
    assert split_bytes("您好。") == ["您好。"]


def test_every_line_break_becomes_the_one_that_wechat_shows():
    assert split_bytes("a\rb\r\nc\nd") == ["a\nb\nc\nd"]


@pytest.mark.parametrize("text", ["", " \n\t", "\x00"])
def test_a_blank_text_has_no_pieces(text):
    assert split_bytes(text) == []


def test_the_limit_counts_bytes_not_characters():
    assert [len(piece) for piece in split_bytes("好" * 683)] == [682, 1]


def test_a_text_of_exactly_the_limit_is_one_piece():
    assert split_bytes("a" * 2048) == ["a" * 2048]


def test_a_piece_may_fill_the_limit_exactly():
    assert split_bytes("好" * 5, 6) == ["好好", "好好", "好"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("第一句。第二句，未完", "第一句。"),
        ("他说“好。”然后就走了", "他说“好。”"),
        ("真的？！是的，真的是这样", "真的？！"),
        ("Version 1.5 is out. Then more", "Version 1.5 is out."),
        ("第一行没有句号\n第二行也没有句号", "第一行没有句号"),
        ("Really? Yes, it is so good", "Really?"),
        ("没有句号，只有逗号的一段话", "没有句号，"),
        ("one two three four five", "one two three four"),
    ],
)
def test_a_cut_falls_at_the_end_of_a_sentence_or_else_a_clause(text, first):
    assert first == first_piece(text, 22).piece


@pytest.mark.parametrize(
    ("text", "limit", "first"),
    [
        ("一。二", 9, "一。二"),
        ("一。二。三", 12, "一。二。"),
        ("一。二。三", 11, "一。"),
        ("。" + "好" * 9, 12, "。"),
    ],
)
def test_a_sentence_may_end_anywhere_in_a_piece(text, limit, first):
    assert first == first_piece(text, limit).piece


def test_the_rest_goes_on_where_the_piece_ended():
    cut = first_piece("第一句。\n\n第二句。", 16)

    assert (cut.piece, cut.rest) == ("第一句。", "第二句。")


def test_a_link_stays_whole():
    pieces = split_bytes(f"请看{LINK}谢谢。" * 20, 200)

    assert sum(piece.count(LINK) for piece in pieces) == 20


def test_an_address_stays_whole():
    address = "https://example.com/a/b?c=1.2.3,4;5!6"

    assert split_bytes("打开" * 8 + address, 60) == ["打开" * 8, address]


def test_a_link_longer_than_a_message_keeps_its_words():
    link = f'<a href="https://example.com/{"x" * 3000}">说明</a>'

    assert split_bytes(f"请看{link}。") == ["请看", "说明。"]


@pytest.mark.parametrize("character", [FAMILY, "👍🏽", "🇨🇳", "e\u0301", "1\ufe0f\u20e3", "[微笑]"])
def test_a_visible_character_stays_whole(character):
    limit = max(4, 2 * len(character.encode()) - 1)

    assert [character] * 5 == split_bytes(character * 5, limit)


def test_a_limit_no_character_fits_is_refused():
    with pytest.raises(ValueError, match="least is 4"):
        split_bytes("👍", 3)


LETTERS = "aZ1 .,!?;\n\r\t<>/&:。！？；，、“”（）好的\u0301\u200d\ufe0f👍🏽🇨\x00\ud800"
TEXTS = st.text(st.sampled_from(LETTERS), max_size=300)


@given(TEXTS, st.integers(4, 300))
def test_every_piece_fits_and_nothing_is_lost(text, limit):
    pieces = split_bytes(text, limit)

    assert all(0 < len(piece.encode()) <= limit for piece in pieces)
    if "<" not in text:
        kept = "".join(map(unspaced, split_bytes(text, 10**6)))
        assert kept == "".join(map(unspaced, pieces))


PARTS = [LINK, FAMILY, "好。", "a ", "\n", "<a ", "</a>", "https://e.com/", "，", "🇨"]


@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join), st.integers(4, 200))
def test_mixtures_of_links_and_emoji_always_fit(text, limit):
    assert all(0 < len(piece.encode()) <= limit for piece in split_bytes(text, limit))

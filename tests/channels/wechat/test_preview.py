"""What an operator sees of a conversation before any customer has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.answerer import Answerer
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.judging import Asking
from bot.channels.wechat.preview import Bubble, Piece, preview, sample_account
from bot.domain import SaidKind
from bot.wechat.credentials import Credentials, Mode
from bot.wechat.text import MAX_TEXT_BYTES
from tests.fakes import FakeIndex, make_entry

OFFICIAL, MINI = (sample_account(kind) for kind in AccountKind)
FEE = make_entry("fee", "认证要多少钱？", answer="每年**三十元**，见[公告](https://example.com/fee)。")
LONG = make_entry(
    "filing",
    "备案要多久？",
    answer="一到二十个工作日。\n\n" + "\n\n".join("材料要齐全，照片要清晰。" * 20 for _ in range(9)),
    related=("fee",),
)
HUMAN = make_entry("human", "转人工", answer="请稍等。", topic="handoff")
NOON = 1_795_000_000.0


def seen(account, *said):
    return preview(Answerer(lambda: FakeIndex(LONG, FEE, HUMAN)), account, said, NOON)


def text_of(bubble) -> str:
    return "".join(piece.text for piece in bubble.pieces)


def test_questions_and_answers_stand_in_the_order_of_a_chat():
    own, answer = seen(OFFICIAL, "认证要多少钱")

    assert own == Bubble(SaidKind.TEXT, (Piece("认证要多少钱"),), 18, is_own=True)
    assert not answer.is_own
    assert text_of(answer) == "每年三十元，见公告。"
    assert answer.size == len('每年三十元，见<a href="https://example.com/fee">公告</a>。'.encode())


def test_a_link_opens_its_page_and_a_menu_link_says_its_question():
    pieces = [piece for bubble in seen(OFFICIAL, "认证要多少钱", "备案要多久") for piece in bubble.pieces]

    assert [(piece.text, piece.opens) for piece in pieces if piece.opens] == [
        ("公告", "https://example.com/fee")
    ]
    assert ("认证要多少钱？", "认证要多少钱？") in [
        (piece.text, piece.sends) for piece in pieces if piece.sends
    ]


@pytest.mark.parametrize("account", [OFFICIAL, MINI], ids=list(AccountKind))
def test_a_long_answer_is_read_to_its_end_in_messages_that_wechat_carries(account):
    bubbles = seen(account, "备案要多久")
    answers = [bubble for bubble in bubbles if not bubble.is_own]

    assert max(bubble.size for bubble in answers) <= MAX_TEXT_BYTES
    assert "".join(map(text_of, answers)).count("材料要齐全，照片要清晰。") == 180
    assert {text_of(bubble) for bubble in bubbles[2:] if bubble.is_own} == {"继续"}


def test_numbers_choose_on_a_mini_program():
    choice = seen(MINI, "备案要多久", "1")[-1]

    assert text_of(choice) == "每年三十元，见公告。"


def test_a_hand_over_is_shown_as_such():
    taking = replace(OFFICIAL, has_handoff=True)

    assert seen(taking, "转人工")[-1].kind is SaidKind.TRANSFER
    assert text_of(seen(OFFICIAL, "转人工")[-1]) == "请稍等。"


def taps(bubble):
    return [piece.sends for piece in bubble.pieces if piece.sends]


@pytest.mark.parametrize(("asking", "asks"), [(Asking.ALWAYS, True), (Asking.OFF, False)])
def test_an_answer_asks_for_a_verdict_as_the_account_does(asking, asks):
    answer = seen(replace(OFFICIAL, feedback=asking), "认证要多少钱")[-1]

    assert ("这个回答有帮助吗？" in text_of(answer), taps(answer)) == (asks, ["有用", "没用"] if asks else [])


def test_a_verdict_is_asked_for_once_where_the_account_is_sparing():
    answers = seen(OFFICIAL, "请问认证大概多少钱呢", "请问认证大概多少钱呢")[1::2]

    assert [len(taps(answer)) for answer in answers] == [2, 0]


def test_what_comes_before_between_and_after_links_is_kept():
    answer = "看[甲](https://a.example/)和[乙](https://b.example/)。"
    bubbles = preview(
        Answerer(lambda: FakeIndex(make_entry("two", "看什么", answer=answer))), MINI, ["看什么"], NOON
    )

    assert bubbles[-1].pieces == (
        Piece("看"),
        Piece("甲", opens="https://a.example/"),
        Piece("和"),
        Piece("乙", opens="https://b.example/"),
        Piece("。"),
    )


def test_a_link_of_the_operators_own_says_what_it_sends():
    answer = "[点这里](weixin://bizmsgmenu?msgmenucontent=多少钱&msgmenuid=0)[或这里](https://a.example/)"
    bubbles = preview(
        Answerer(lambda: FakeIndex(make_entry("own", "看什么", answer=answer))), MINI, ["看什么"], NOON
    )

    assert bubbles[-1].pieces == (
        Piece("点这里", sends="多少钱"),
        Piece("或这里", opens="https://a.example/"),
    )


def test_an_answer_longer_than_anybody_reads_ends_after_twenty_messages():
    endless = make_entry("endless", "看什么", answer="材料要齐全，照片要清晰。" * 2000)

    assert len(preview(Answerer(lambda: FakeIndex(endless)), MINI, ["看什么"], NOON)) == 20


def test_where_no_account_is_set_a_plain_one_is_shown():
    assert Account("sample", AccountKind.OFFICIAL, Credentials("sample", "sample", Mode.PLAIN)) == OFFICIAL

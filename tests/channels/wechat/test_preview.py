"""What an operator sees of a conversation before any customer has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.answerer import Answerer
from bot.channels.wechat.accounts import AccountKind
from bot.channels.wechat.preview import preview, sample_account
from bot.domain import SaidKind
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

    assert (own.is_own, text_of(own), answer.is_own) == (True, "认证要多少钱", False)
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

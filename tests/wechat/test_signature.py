"""Signatures: the documented figure, and no surprise whatever is thrown at them."""

from __future__ import annotations

from bot.wechat.signature import is_signed, signature

# 消息推送, worked example.
DOCUMENTED = "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_the_documented_example_is_signed():
    assert signature("AAAAA", "1714036504", "1514711492") == DOCUMENTED


def test_the_ciphertext_is_part_of_a_message_signature():
    plain = signature("AAAAA", "1714036504", "1514711492")

    assert plain != signature("AAAAA", "1714036504", "1514711492", "ciphertext")


def test_a_message_signature_fits_its_own_ciphertext_only():
    of_the_message = signature("AAAAA", "1714036504", "1514711492", "ciphertext")

    assert is_signed(of_the_message, "AAAAA", "1714036504", "1514711492", "ciphertext")
    assert not is_signed(of_the_message, "AAAAA", "1714036504", "1514711492", "another")
    assert not is_signed(DOCUMENTED, "AAAAA", "1714036504", "1514711492", "ciphertext")


def test_another_token_does_not_fit():
    assert not is_signed(DOCUMENTED, "AAAAB", "1714036504", "1514711492")


def test_upper_case_and_blanks_do_not_fit():
    for claimed in (DOCUMENTED.upper(), DOCUMENTED + " ", ""):
        assert not is_signed(claimed, "AAAAA", "1714036504", "1514711492")


def test_garbage_is_refused_without_an_exception():
    assert not is_signed("签名\ud800\x00", "AAAAA", "时间\udfff", "随机\x00")

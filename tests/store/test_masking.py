"""Numbers and addresses that reach or name a person do not stay in the log; everything else does."""

from __future__ import annotations

import pytest

from bot.store.masking import masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我的电话是13812345678，备案要多久", "我的电话是[phone]，备案要多久"),
        ("打138 1234 5678", "打[phone]"),
        ("call +86 138-1234-5678 please", "call [phone] please"),
        ("电话１３８１２３４５６７８", "电话[phone]"),
        ("台灣手機0912-345-678", "台灣手機[phone]"),
        ("HK +852 9123 4567", "HK [phone]"),
        ("座机010-12345678", "座机[phone]"),
        ("身份证11010519491231002X可以吗", "身份证[id]可以吗"),
        ("身分證A123456789", "身分證[id]"),
        ("香港身份證 A123456(3)", "香港身份證 [id]"),
        ("卡号 6222 0212 3456 7890 123", "卡号 [number]"),
        ("订单号202611220012345", "订单号[number]"),
        ("写信给 zhang.san+shop@example.com.cn 吧", "写信给 [email] 吧"),
    ],
)
def test_what_reaches_or_names_a_person_is_taken_out(text, kept):
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月22日之前要备案吗",
        "2026-11-22 to 2026-12-31",
        "注册资本10000000元，手续费0.6%",
        "小程序备案要1到20个工作日？",
        "wx00112233445566aa 是什么",
        "错误码 85064 和 -1000",
        "微信8.0.50版本，（全角）ＡＢＣ",
        "",
    ],
)
def test_dates_amounts_codes_and_ids_of_accounts_stay_as_they_are(text):
    assert masked(text) == text

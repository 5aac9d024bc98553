"""The first, the latter: what a comparison named."""

from __future__ import annotations

import pytest

from bot.answering.alternatives import alternatives, pointed_at

KINDS = "普通小程序和电商小程序有什么区别？"
SHOPS = "单商户、多商户和多门店小程序有什么区别？"
ENGLISH = "What is the difference between ordinary and e-commerce mini programs?"


@pytest.mark.parametrize(
    ("question", "compared"),
    [
        (KINDS, ["普通", "电商"]),
        ("微信官方把小程序分成普通和电商两类吗？", ["普通", "电商"]),
        (SHOPS, ["单商户", "多商户", "多门店"]),
        (ENGLISH, ["ordinary", "e-commerce"]),
        ("What is the difference between a shop and a mall?", ["shop", "a mall"]),
        ("甲" * 24 + "和" + "乙" * 24, ["甲" * 24, "乙" * 24]),
        ("甲" * 25 + "和乙", []),
        ("普通和？", []),
        ("小程序审核要多久？", []),
        ("How long does a review take?", []),
    ],
)
def test_what_a_question_compares(question, compared):
    assert list(alternatives(question)) == compared


@pytest.mark.parametrize(
    ("said", "question", "meant"),
    [
        ("第二种呢", KINDS, "电商呢"),
        ("前者有什么风险", KINDS, "普通有什么风险"),
        ("后者要许可证吗", SHOPS, "多门店要许可证吗"),
        ("第三类适合谁", SHOPS, "多门店适合谁"),
        ("so the second?", ENGLISH, "so e-commerce?"),
        ("what are the risks of the first kind?", ENGLISH, "what are the risks of ordinary?"),
        ("第三种呢", KINDS, None),
        ("第二种呢", "小程序审核要多久？", None),
        ("后者呢", "小程序审核要多久？", None),
        ("第一次认证要多久", KINDS, None),
        ("how much is the first year?", ENGLISH, None),
        ("多少钱", KINDS, None),
        ("那后面那个要备案吗", KINDS, "那电商要备案吗"),
        ("前面的那个贵吗", SHOPS, "单商户贵吗"),
        ("这两种都要认证吗", KINDS, "普通和电商都要认证吗"),
        ("两者之间能换吗", KINDS, "普通和电商能换吗"),
        ("which of the two is quicker", ENGLISH, "which of ordinary and e-commerce is quicker"),
        ("do both need a licence", ENGLISH, "do ordinary and e-commerce need a licence"),
        ("两个月够吗", KINDS, None),
        ("do both need a licence", "How long does a review take?", None),
    ],
)
def test_a_place_stands_for_what_is_there(said, question, meant):
    assert pointed_at(said, [question]) == meant


def test_the_last_comparison_counts():
    assert pointed_at("第一种呢", ["小程序审核要多久？", SHOPS, KINDS]) == "单商户呢"

"""What customers type in a hurry, asked of the whole bot with the real model."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("xiao cheng xu bei an yao duo jiu", "filing-time"),
        ("小程序 beian 要多久", "filing-time"),
        ("小成序备按要多久", "filing-time"),
        ("😭😭小程序备案要多久？？？！！！", "filing-time"),
        ("小程式備案要多久", "filing-time"),
        ("嗯那个就是小程序备案然后要多久", "filing-time"),
        (
            "我之前在老家开过几年早餐店。后来搬到市里带孩子，手头有点积蓄想做点事情。"
            "家里商量了好几次都没定下来。朋友说用微信做。开发一个商城要多少钱？",
            "shop-cost",
        ),
    ],
)
def test_a_noisy_question_is_answered(client, question, entry):
    reply = client.post("/ask", json={"question": question}).json

    assert reply["answered"]
    assert reply["entry"]["id"] == entry


@pytest.mark.parametrize(
    "question", ["jin tian tian qi zen me yang", "糖尿病人能吃西瓜吗", "这个城市的房价是多少"]
)
def test_a_question_about_something_else_is_not_bent_into_one_of_ours(client, question):
    assert not client.post("/ask", json={"question": question}).json["answered"]

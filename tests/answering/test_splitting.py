"""Where a question may be cut, and when the cut holds."""

from __future__ import annotations

import pytest

from bot.answering.splitting import cuts, split
from bot.domain import Hit, Ranking

FILING, FEE = "备案要多久", "认证要多少钱"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("备案要多久？认证要多少钱？", ("备案要多久？", "认证要多少钱？")),
        ("備案要多久？還有，認證要多少錢？", ("備案要多久？", "認證要多少錢？")),
        ("备案要多久，认证要多少钱", (FILING, FEE)),
        ("备案要多久以及认证要多少钱", (FILING, FEE)),
        ("备案要多久，另外认证要多少钱", (FILING, FEE)),
        ("备案要多久和认证要多少钱", (FILING, FEE)),
        ("备案要多久 认证要多少钱", (FILING, FEE)),
        (
            "How long does filing take and what does certification cost?",
            ("How long does filing take", "what does certification cost?"),
        ),
        (
            "How long does filing take? Also, what does certification cost?",
            ("How long does filing take?", "what does certification cost?"),
        ),
        (
            "How long does filing take and what is certification?",
            ("How long does filing take", "what is certification?"),
        ),
        ("我开了家花店。备案要多久？认证要多少钱？", ("备案要多久？", "认证要多少钱？")),
        ("1. 备案要多久？ 2. 认证要多少钱？", ("备案要多久？", "认证要多少钱？")),
    ],
)
def test_two_questions_are_cut_apart_without_the_words_between_them(question, parts):
    assert [cut.parts for cut in cuts(question)] == [parts]


@pytest.mark.parametrize(
    "question",
    [
        "备案要多久",
        "普通和电商小程序有什么区别",
        "小程序和公众号哪个好",
        "小程序 备案要多久",
        "我开了两家面包店，想让客人线上下单付款",
        "我开了一家花店。想让客人下单。要办什么证？",
        "我几年前做过商城，现在还能用吗？",
        "什么是商家自营？它要什么证？",
        "普通和电商各要多少钱，两个都要备案吗",
        "备案要多久？为什么？",
        "第一次认证要多少钱",
        "要备案吗 首先我没有公司 其次也没有网站",
        "包不能大过2.5M吗",
        "怎么办？怎么收？怎么卖？怎么发？怎么退？",
        "What is the difference between an app and a mini program?",
        "I run a bakery and want to take orders, what do I need?",
        "What is a category and how do I change it?",
        "",
    ],
)
def test_one_question_is_left_whole(question):
    assert list(cuts(question)) == []


@pytest.mark.parametrize(
    "question",
    [
        "有两件事 一是备案要多久 二是认证要多少钱",
        "想问：1、备案要多久 2、认证要多少钱",
        "首先备案要多久，其次认证要多少钱",
        "①备案要多久②认证要多少钱",
    ],
)
def test_a_numbered_list_says_itself_where_to_cut(question):
    assert next(cuts(question)).parts == (FILING, FEE)


def index(**known: tuple[str, float]):
    """Ranks what it knows by the beginning of the text; everything else is like nothing."""

    def rank(text: str) -> Ranking:
        for beginning, (entry_id, confidence) in known.items():
            if text.startswith(beginning):
                return Ranking((Hit(entry_id, 5.0),), confidence)
        return Ranking((Hit("thanks", 0.1),), 0.01)

    return rank


WHOLE = Ranking((Hit("other", 6.0), Hit("filing", 5.0), Hit("fee", 4.0)), 0.7)
KNOWS = {"备案": ("filing", 0.99), "认证": ("fee", 0.9)}


def parts_of(question, known=KNOWS, whole=WHOLE) -> list[str]:
    return [part.entry_id for part in split(question, index(**known), whole, 0.5)]


def test_parts_that_are_known_are_answered_one_by_one():
    assert parts_of("备案要多久？认证要多少钱？") == ["filing", "fee"]


def test_what_is_left_of_a_cut_that_cannot_hold_is_not_ranked():
    asked = []
    known = index(**KNOWS)

    def parts(question):
        asked.clear()
        return split(question, lambda text: asked.append(text) or known(text), WHOLE, 0.5)

    assert parts("备案要多久和明天天气怎么样") == ()
    assert asked == ["明天天气怎么样"]
    assert len(parts("备案要多久？明天天气怎么样？")) == len(asked) == 2


def test_a_phrasing_met_exactly_is_never_cut():
    exact = Ranking((Hit("filing", 1.0),), 1.0, is_exact=True)

    assert parts_of("备案要多久？认证要多少钱？", whole=exact) == []


def test_parts_with_the_same_answer_are_one_question():
    assert parts_of("备案要多久？认证要多少钱？", {"备案": ("filing", 0.99), "认证": ("filing", 0.9)}) == []


def test_at_a_comma_alone_both_parts_must_be_surer():
    barely = {"备案": ("filing", 0.99), "认证": ("fee", 0.6)}

    assert parts_of("备案要多久，认证要多少钱", barely) == []
    assert parts_of("备案要多久以及认证要多少钱", barely) == ["filing", "fee"]
    assert parts_of("备案要多久和认证要多少钱", barely) == ["filing", "fee"]


def test_what_is_known_just_well_enough_is_known():
    assert parts_of("备案要多久以及认证要多少钱", KNOWS | {"认证": ("fee", 0.5)}) == ["filing", "fee"]


@pytest.mark.parametrize(
    ("nearest", "confidence", "parts"),
    [
        (["filing", *"abc", "fee"], 0.999, ["filing", "fee"]),
        (["a", "filing", "fee", *"bc"], 0.999, ["filing", "fee"]),
        ([*"abc", "filing", "fee"], 0.98, ["filing", "fee"]),
        ([*"abc", "filing", "fee"], 0.99, []),
    ],
    ids=["one is nearest", "all are very near", "one is surer than the whole", "none is surer"],
)
def test_when_the_parts_answers_are_better_than_one_to_the_whole(nearest, confidence, parts):
    whole = Ranking(tuple(Hit(name, 1.0) for name in nearest), confidence)

    assert parts_of("备案要多久以及认证要多少钱", whole=whole) == parts


def test_an_unknown_sentence_comes_along_but_an_unknown_clause_undoes_the_cut():
    assert parts_of("备案要多久？明天天气怎么样？") == ["filing", "thanks"]
    assert parts_of("备案要多久和明天天气怎么样") == []


def test_where_no_part_is_known_nothing_is_cut():
    assert parts_of("今天下雨吗今天？明天天气怎么样？") == []


def test_an_answer_far_from_the_whole_came_from_a_half_out_of_its_sense():
    far = Ranking(tuple(Hit(name, 1.0) for name in ("filing", *"abcdef", "fee")), 0.7)
    away = Ranking((Hit("filing", 1.0), Hit("a", 1.0)), 0.7)

    assert parts_of("备案要多久，认证要多少钱", whole=far) == []
    assert parts_of("备案要多久？认证要多少钱？", whole=far) == ["filing", "fee"]
    assert parts_of("备案要多久？认证要多少钱？", whole=away) == []


def test_an_entry_that_answers_the_whole_more_surely_is_left_to_it():
    hits = tuple(Hit(name, 1.0) for name in ("both", "x", "filing", "fee"))

    assert parts_of("备案要多久？认证要多少钱？", whole=Ranking(hits, 0.999)) == []
    assert parts_of("备案要多久？认证要多少钱？", whole=Ranking(hits, 0.9)) == ["filing", "fee"]


def test_three_questions_are_answered_one_by_one_too():
    whole = Ranking((*WHOLE.hits, Hit("refund", 3.0)), 0.7)
    known = KNOWS | {"退款": ("refund", 0.9)}

    assert parts_of("备案要多久？认证要多少钱？退款要多久？", known, whole) == ["filing", "fee", "refund"]


def test_a_sentence_that_is_known_just_well_enough_makes_the_cut_hold():
    known = {"备案": ("filing", 0.5)}

    assert parts_of("备案要多久？明天天气怎么样？", known) == ["filing", "thanks"]


@pytest.mark.parametrize(
    ("question", "farthest", "parts"),
    [
        ("备案要多久，认证要多少钱", 4.0, ["filing", "fee"]),
        ("备案要多久，认证要多少钱", 3.9, []),
        ("备案要多久以及认证要多少钱", 3.9, ["filing", "fee"]),
        ("备案要多久？认证要多少钱？", 3.9, ["filing", "fee"]),
    ],
    ids=["as far as may be", "a comma alone", "a word", "sentences"],
)
def test_at_a_comma_alone_no_part_may_be_far_from_the_whole(question, farthest, parts):
    whole = Ranking((Hit("filing", 10.0), Hit("other", 9.0), Hit("fee", farthest)), 0.7)

    assert parts_of(question, whole=whole) == parts

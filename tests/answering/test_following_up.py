"""Readings of a follow-up question added up: what is believed, and what is not."""

from __future__ import annotations

import pytest

from bot.answering.following_up import Meaning, is_swap, meaning
from bot.domain import Hit, Ranking
from tests.fakes import make_entry

RISKS = make_entry("risks", "做普通小程序有哪些风险？", related=("both",))
SHOP_RISKS = make_entry("shop-risks", "做电商小程序有哪些风险？")
BOTH = make_entry("both", "普通和电商小程序的风险有什么不同？")
COST = make_entry("cost", "认证要多少钱？", topic="fees")
ENTRIES = {entry.id: entry for entry in (RISKS, SHOP_RISKS, BOTH, COST)}


def ranking(confidence=0.9, **scores):
    hits = sorted(
        (Hit(name.replace("_", "-"), score) for name, score in scores.items()), key=lambda h: -h.score
    )
    return Ranking(tuple(hits), confidence)


def test_the_same_question_about_something_else_is_answered_by_its_twin():
    alone = ranking(shop_risks=3.0, both=3.0, cost=1.0)
    together = ranking(risks=11.0, both=10.0, shop_risks=9.5)

    assert meaning([alone], [together], ENTRIES, [RISKS], "电商", 0.6).hits[0].entry_id == "shop-risks"


def test_the_last_answer_is_not_repeated_because_its_own_question_was_added():
    together = ranking(risks=11.0, cost=9.0)

    found = meaning([ranking(cost=6.0, risks=4.0)], [together, together], ENTRIES, [RISKS], "多少钱", 0.6)

    assert found.hits[0].entry_id == "cost" and found.evidence > 0


def test_what_is_off_the_subject_by_itself_is_not_believed_however_well_history_fits():
    """What comes after a question on the subject always looks as if it were on the subject."""
    together = ranking(0.99, risks=11.0, both=8.0)

    off = meaning([ranking(0.01, cost=-4.0)], [together, together], ENTRIES, [RISKS], "明天天气怎么样", 0.6)

    assert off.evidence < 0
    assert off.ranking(0.6).confidence < 0.6


@pytest.mark.parametrize("threshold", [0.2, 0.4, 0.8])
def test_belief_is_measured_from_the_threshold_of_the_index(threshold):
    """An index that answers from 0.2 means by 0.2 what another means by 0.8."""
    sure = meaning([ranking(threshold, cost=4.0)], [ranking(cost=9.0)], ENTRIES, [], "多少钱", threshold)
    other = meaning([ranking(0.5, cost=4.0)], [ranking(cost=9.0)], ENTRIES, [], "多少钱", 0.5)

    assert sure.evidence == pytest.approx(other.evidence)


def test_what_is_far_from_the_best_by_itself_is_believed_less():
    together = ranking(risks=5.0, cost=9.0)

    near = meaning([ranking(cost=1.0, both=1.0)], [together], ENTRIES, [RISKS], "多少钱", 0.6)
    far = meaning([ranking(cost=1.0, both=4.0)], [together], ENTRIES, [RISKS], "多少钱", 0.6)

    assert near.hits[0].entry_id == far.hits[0].entry_id == "cost"
    assert near.evidence > far.evidence


def test_confidence_is_the_threshold_exactly_where_belief_begins():
    found = meaning([ranking(cost=6.0)], [ranking(cost=9.0)], ENTRIES, [], "多少钱", 0.6)

    assert found.ranking(0.6).confidence > 0.6
    assert (found.ranking(0.6).confidence < 1) and found.ranking(0.6).hits == found.hits


def test_nothing_found_means_nothing():
    found = meaning([Ranking((), 0.0)], [Ranking((), 0.0)], {}, [], "？", 0.6)

    assert found.hits == () and found.evidence < 0


@pytest.mark.parametrize(
    ("question", "other", "word", "expected"),
    [
        (RISKS.question, SHOP_RISKS.question, "电商", True),
        ("What is an ordinary mini program?", "What is an e-commerce mini program?", "e-commerce", True),
        (RISKS.question, BOTH.question, "电商", False),
        (RISKS.question, SHOP_RISKS.question, "海外", False),
        (RISKS.question, RISKS.question, "普通", False),
        (RISKS.question, SHOP_RISKS.question, "风险", False),
        ("什么是企业主体的小程序多少钱", "认证多少钱", "认证", False),
        ("认证多少钱", "什么是企业主体的小程序多少钱", "企业", False),
        ("认证费用", "认证时间", "时间", True),
        ("开普通小店要多久", "开跨境电商小店要多久", "电商", True),
        ("小程序", "小程序多少钱", "多少钱", True),
        ("", "", "电商", False),
    ],
)
def test_a_twin_is_the_question_with_one_thing_replaced(question, other, word, expected):
    assert is_swap(question, other, word) is expected


@pytest.mark.parametrize(
    ("evidence", "threshold", "confidence"),
    [(0.0, 0.4, 0.4), (0.0, 0.8, 0.8), (1.0, 0.5, 0.7310586), (-1.0, 0.5, 0.2689414), (99.0, 0.5, 1.0)],
)
def test_evidence_becomes_confidence_around_the_threshold(evidence, threshold, confidence):
    assert Meaning((), evidence).ranking(threshold).confidence == pytest.approx(confidence)


CHAT = Ranking((Hit("chat", 5.0), Hit("cost", 4.0)), 0.6)
EXACT = Ranking((Hit("cost", 4.0),), 0.6, is_exact=True)


@pytest.mark.parametrize(
    ("alone", "names", "evidence"),
    [
        (ranking(0.6, cost=4.0, both=1.0), ["cost", "both"], 0.15 * 4 + 0.65 * 3 + 1.0),
        (ranking(0.6, cost=20.0, both=1.0), ["cost", "both"], 0.15 * 20 + 0.65 * 8 + 1.0),
        (ranking(0.6, cost=4.0), ["cost"], 0.15 * 4 + 0.65 * 8 + 1.0),
        (EXACT, ["cost"], 0.15 * 12 + 0.65 * 8 + 1.0),
        (CHAT, ["cost"], 0.15 * 4 + 0.65 * 8 - 1.0 - 0.5 + 1.0),
    ],
)
def test_score_lead_belief_and_agreement_add_up(alone, names, evidence):
    found = meaning([alone], [], {name: ENTRIES[name] for name in names}, [], "？", 0.6)

    assert found.evidence == pytest.approx(evidence)


def test_an_entry_that_a_reading_does_not_list_is_a_little_below_its_last():
    entries = {name: ENTRIES[name] for name in ("cost", "both")}
    nothing = Ranking((), 0.0)

    assert meaning([ranking(cost=4.0)], [], entries, [], "？", 0.6).hits == (
        Hit("cost", 4.0),
        Hit("both", 3.0),
    )
    assert meaning([ranking(cost=4.0)], [nothing], entries, [], "？", 0.6).hits == (
        Hit("cost", 1.5),
        Hit("both", 1.0),
    )


@pytest.mark.parametrize(
    ("lasts", "core", "scores"),
    [
        ([], "电商", {"risks": 0.0, "shop-risks": 0.0, "both": 0.0, "cost": 0.0}),
        ([RISKS], "电商", {"shop-risks": 4.5, "both": 3.5, "cost": 0.0, "risks": -2.3}),
        ([RISKS], "普通", {"both": 2.0, "shop-risks": 1.0, "cost": 0.0, "risks": -0.69}),
        ([RISKS, COST], "普通", {"both": 2.0, "shop-risks": 1.0, "risks": -0.69, "cost": -2.7}),
    ],
)
def test_relation_topic_name_and_place_speak_for_an_entry_and_repetition_against(lasts, core, scores):
    alone = ranking(0.6, risks=0.0, shop_risks=0.0, both=0.0, cost=0.0)

    hits = meaning([alone], [], ENTRIES, lasts, core, 0.6).hits

    assert [(hit.entry_id, pytest.approx(hit.score)) for hit in hits] == list(scores.items())


def test_what_answered_two_turns_ago_yields_to_another_of_the_topic_that_is_hardly_less_near():
    alone = ranking(0.6, risks=0.0, shop_risks=0.2, both=-5.0, cost=3.5)

    hits = meaning([alone], [], ENTRIES, [RISKS, COST], "新手", 0.6).hits

    assert [hit.entry_id for hit in hits][:2] == ["shop-risks", "cost"]


@pytest.mark.parametrize(
    ("confidence", "belief"), [(0.7, 0.4418328), (0.5, -0.4054651), (1.0, 2.5), (0.0, -7.3122198)]
)
def test_belief_is_in_log_odds_from_the_threshold(confidence, belief):
    found = meaning([ranking(confidence, cost=4.0)], [], {"cost": COST}, [], "？", 0.6)

    assert found.evidence == pytest.approx(0.15 * 4 + 0.65 * 8 + belief + 1.0)

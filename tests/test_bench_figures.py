"""The arithmetic of ``make bench``."""

from __future__ import annotations

import math

import pytest

from benchmarks.performance.figures import (
    Prices,
    false_share,
    hit_share,
    interleaved,
    median_ratio,
    medians,
    percentile,
)
from benchmarks.performance.targets import targets


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(200, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (100, 198, 200)
    assert percentile([7.0], 1) == 7
    assert math.isnan(percentile([], 50))


def test_contestants_take_turns_and_swap_places() -> None:
    order: list[str] = []

    def contestant(name: str) -> dict[str, float]:
        order.append(name)
        return {"turn": float(len(order))}

    found = interleaved(3, {"a": lambda: contestant("a"), "b": lambda: contestant("b")})
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert [each["turn"] for each in found["a"]] == [1, 4, 5]


def test_a_round_that_was_disturbed_does_not_decide() -> None:
    ours = [{"p50": 13.0}, {"p50": 12.0}, {"p50": 90.0}]
    theirs = [{"p50": 10.0}, {"p50": 10.0}, {"p50": 60.0}]
    assert medians(ours) == {"p50": 13.0}
    # By round: 1.3, 1.2, 1.5. The ratio of the medians would be the same, of the means 1.44.
    assert median_ratio(ours, theirs, "p50") == pytest.approx(1.3)


def test_right_answers_count_among_those_that_there_are() -> None:
    expected = ["filing-time", ["types-difference", "types-features"], None, "entity-school"]
    found = ["filing-time", "types-features", "filing-time", None]
    assert hit_share(expected, found) == pytest.approx(2 / 3)
    assert false_share(expected, [True, True, True, False]) == 1
    assert math.isnan(false_share(["filing-time"], [True]))


def test_prices_are_by_the_thousand() -> None:
    prices = Prices(machine_an_hour=0.036, cores=2, busy_share=0.5)
    # 10 answers a core-second for half of the time on two cores: 36,000 an hour for 0.036 $.
    assert prices.of_thousand_answers(10) == pytest.approx(0.001)
    calls = Prices(tokens_in=1000, tokens_out=100, million_in=1.0, million_out=10.0)
    assert calls.of_thousand_calls() == pytest.approx(2.0)


def test_what_is_asked_against_others_counts_for_those_that_were_measured() -> None:
    results = {
        "limit": {
            "latency_ratio": 1.2,
            "held_out_share": 0.9,
            "exact_share": 0.9,
            "pushes_share": 0.9,
            "throughput": {"pushes": {"throughput": 900.0}},
        },
        "cost": {"worker_pss": 170.0, "ready_after": 1.5},
        "race": {
            "bot": {"throughput": 160.0},
            "txtai": {"title": "txtai API", "throughput": 40.0},
            "plain": {"title": "Flask", "throughput": 20.0},
            "haystack": {"title": "Haystack", "reason": "not installed"},
            "werobot": {"title": "WeRoBot", "throughput": 1800.0},
        },
    }
    short = {target.name: target.value for target in targets(results) if not target.is_met}
    assert short == {
        "answers a second by those of txtai API": 4,
        "signed WeChat pushes a second by WeRoBot's": 0.5,
    }

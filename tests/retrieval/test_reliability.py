"""What thresholds and confidences come to, on a few made-up questions that can be counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.retrieval.asked_questions import Asked, Guesses
from bot.retrieval.decision import SIGNALS
from bot.retrieval.reliability import cross_fitted, curve, decile_of, reliability, share_above


def asked(is_in_scope, is_right=None, signals=None, is_near_miss=None) -> Asked:
    inside, count = np.array(is_in_scope, bool), len(is_in_scope)
    return Asked(
        np.arange(count),
        np.zeros((count, len(SIGNALS))) if signals is None else signals,
        inside if is_right is None else np.array(is_right),
        inside,
        np.zeros(count, bool) if is_near_miss is None else np.array(is_near_miss),
        0.35,
        Guesses.none(count),
    )


def test_a_negative_exactly_at_the_threshold_is_answered():
    shares = np.array([0.2, 0.3, 0.5])

    assert share_above(np.array([0.9, 0.5, 0.1]), shares, 0.5) == pytest.approx(0.5)
    assert share_above(np.array([0.9, 0.5, 0.1]), shares, 0.91) == 0


def test_the_curve_goes_from_the_middle_of_what_is_out_of_scope_to_its_surest():
    """81 negatives from 0 to .8: every point is a negative's own confidence, the one above it a step on."""
    outside = np.arange(81) / 100
    inside = [0.45, 0.6, 0.605, 0.8, 0.99]
    points = curve(np.append(inside, outside), asked([True] * 5 + [False] * 81))

    assert [point.threshold for point in points] == pytest.approx(outside[40:])
    assert [point.false_answer_rate for point in points] == pytest.approx(
        [(41 - n) / 81 for n in range(41)], abs=1 / 81 + 1e-9
    )
    assert [points[n].coverage for n in (0, 6, 20, 21)] == pytest.approx([1, 0.8, 0.8, 0.4])


def test_at_the_surest_negative_it_and_the_questions_as_sure_as_it_are_answered():
    last = curve(np.array([0.5, 0.75, 0.9, 0.25, 0.75]), asked([True] * 3 + [False] * 2))[-1]

    assert (last.threshold, last.coverage, last.false_answer_rate) == (0.75, pytest.approx(2 / 3), 0.5)


def test_a_near_miss_counts_on_the_curve_for_its_share_of_all():
    questions = asked([True, False, False, False], is_near_miss=[False, True, False, False])
    last = curve(np.array([0.9, 0.8, 0.2, 0.1]), questions)[-1]

    assert (last.threshold, last.false_answer_rate) == (0.8, pytest.approx(0.35))


def questions(count: int, seed: int = 0) -> Asked:
    """Half of them in scope, which a single signal tells for the most part."""
    inside = np.arange(count) % 2 == 0
    signals = np.zeros((count, len(SIGNALS)))
    signals[:, 0] = inside + np.random.default_rng(seed).normal(0, 0.6, count)
    return asked(inside, signals=signals)


def test_tenths_are_of_all_questions_and_rise():
    deciles = reliability(questions(203))

    assert sorted(decile.questions for decile in deciles) == [20] * 7 + [21] * 3
    assert [decile.confidence for decile in deciles] == sorted(decile.confidence for decile in deciles)
    assert deciles[0].right < 0.2 < 0.8 < deciles[-1].right


def test_fewer_than_ten_questions_are_a_tenth_each():
    assert [decile.questions for decile in reliability(questions(8))] == [1] * 8


def test_equally_sure_questions_fall_into_tenths_in_the_order_they_were_asked():
    """On whatever processor the build runs: no signal tells these apart."""
    is_right = np.random.default_rng(8).random(400) < 0.5
    alike = asked(np.ones(400, bool), is_right)
    confidence = cross_fitted(alike)
    ordered = sorted(range(400), key=lambda number: (confidence[number], number))

    assert len(set(confidence.tolist())) <= 5
    assert [decile.right for decile in reliability(alike)] == pytest.approx(
        [is_right[ordered[start : start + 40]].mean() for start in range(0, 400, 40)]
    )


def test_a_question_is_judged_by_a_curve_that_did_not_see_it():
    """Whether it was right changes nothing of its own part, and a little of every other."""
    once = questions(100)
    turned = once.is_in_scope.copy()
    turned[37] = not turned[37]
    other = replace(once, is_right=turned, is_in_scope=turned)
    same_part = once.numbers % 5 == 37 % 5

    before, after = cross_fitted(once), cross_fitted(other)
    assert after[37] == before[37]
    assert (after[~same_part] != before[~same_part]).all()


def test_a_tenth_is_weighed():
    tenth = decile_of(np.array([0.2, 0.8]), np.array([False, True]), np.array([1.0, 3.0]))

    assert (tenth.questions, tenth.confidence, tenth.right) == (2, pytest.approx(0.65), pytest.approx(0.75))

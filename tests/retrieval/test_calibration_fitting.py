"""The gate, the calibration and the thresholds, on made-up held-out questions whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.asked_questions import Asked, Guesses
from bot.retrieval.calibration_fitting import fit_calibration, fit_gate, thresholds
from bot.retrieval.decision import SIGNALS

EVEN = np.arange(200) % 2 == 0


def asked(signals, is_in_scope, is_right=None) -> Asked:
    count = len(is_in_scope)
    right = is_in_scope if is_right is None else is_right
    return Asked(
        np.arange(count), signals, right, is_in_scope, np.zeros(count, bool), 0.35, Guesses.none(count)
    )


def with_signal(name: str, values) -> np.ndarray:
    """Signals of which one alone is not 0."""
    signals = np.zeros((len(values), len(SIGNALS)))
    signals[:, SIGNALS.index(name)] = values
    return signals


def noisy(is_high, scale: float = 1.0) -> np.ndarray:
    """Higher by about 1 where ``is_high``."""
    return scale * (is_high + np.random.default_rng(1).normal(0, 0.7, len(is_high)))


@pytest.mark.parametrize(
    ("signal", "speaks_for"),
    [
        ("best phrasing", 1),
        ("best background", -1),
        ("out of scope", -1),
        ("margin", 0),
        ("best score", 1),
        ("length", 1),
    ],
)
@pytest.mark.parametrize("seen", [1, -1])
def test_a_signal_speaks_for_the_side_it_means_and_never_for_the_other(signal, speaks_for, seen):
    gate = fit_gate(asked(with_signal(signal, seen * noisy(EVEN)), EVEN))
    low, high = gate.in_scope(with_signal(signal, [-1.0, 1.0]))

    assert np.sign(high - low) == (speaks_for if speaks_for == seen else 0)


@pytest.mark.parametrize("signal", ["best phrasing", "out of scope"])
def test_what_a_signal_says_is_not_held_back_below_what_the_questions_show(signal):
    """Questions whose log-odds rise by 6 with the signal: no bound keeps the gate from saying so."""
    rng = np.random.default_rng(2)
    values = rng.uniform(-1, 1, 4_000)
    is_in_scope = rng.random(4_000) < 1 / (1 + np.exp(-6 * values))
    sign = 1 if signal == "best phrasing" else -1
    gate = fit_gate(asked(with_signal(signal, sign * values), is_in_scope))

    low, high = gate.in_scope(with_signal(signal, [-sign / 2, sign / 2]))
    assert high - low == pytest.approx(6, abs=1)


def test_the_gate_is_even_where_as_much_speaks_for_as_against():
    values = np.tile([0.2, 0.8, 0.6, 0.4], 25)
    is_in_scope = np.tile([False, True], 50)
    is_in_scope[2::4], is_in_scope[3::4] = False, True
    gate = fit_gate(asked(with_signal("best phrasing", values), is_in_scope))

    below, middle, above = gate.in_scope(with_signal("best phrasing", [0.3, 0.5, 0.7]))
    assert middle == pytest.approx(0, abs=1e-6)
    assert above > 0.5 > -0.5 > below


def test_the_unit_in_which_a_signal_is_measured_makes_no_difference():
    signals = with_signal("best phrasing", noisy(EVEN))
    signals[:, SIGNALS.index("length")] = np.random.default_rng(4).normal(0, 1, 200)
    unit = np.ones(len(SIGNALS))
    unit[SIGNALS.index("length")] = 1_000

    once = fit_gate(asked(signals, EVEN)).in_scope(signals)
    again = fit_gate(asked(signals * unit, EVEN)).in_scope(signals * unit)
    assert again == pytest.approx(once, abs=1e-4)


def test_a_signal_that_is_always_the_same_says_nothing():
    signals = with_signal("best phrasing", noisy(EVEN))
    same = signals + with_signal("length", np.full(200, 4.0))

    with_it, without = (fit_gate(asked(each, EVEN)).in_scope(each) for each in (same, signals))
    assert with_it == pytest.approx(without, abs=1e-4)


def test_the_curve_bends_where_the_questions_in_scope_are():
    log_odds = np.append(np.linspace(0, 1, 101), np.full(50, -40.0))
    inside = log_odds >= 0
    calibration = fit_calibration(log_odds, asked(with_signal("margin", log_odds), inside))

    assert calibration.knots[[0, 7, -1]].tolist() == pytest.approx([0.01, 0.4, 0.95])


def test_half_of_what_is_asked_alike_being_right_is_an_even_chance():
    """In scope and out of it weigh the same: of four questions in scope three are right."""
    log_odds = np.repeat([2.0, -2.0], (80, 40))
    inside = log_odds > 0
    is_right = inside & (np.arange(120) % 4 > 0)
    calibration = fit_calibration(log_odds, asked(with_signal("margin", log_odds), inside, is_right))

    sure, unsure = calibration.probability(np.array([2.0, -2.0]))
    assert sure == pytest.approx(0.75, abs=0.01)
    assert unsure == pytest.approx(0, abs=0.02)


def reaching(confidence, shares, rate: float) -> tuple[int, int]:
    """How many of the questions are answered, and how many answered or asked back."""
    answer, clarify = thresholds(np.array(confidence), np.array(shares), rate)
    return sum(c >= answer for c in confidence), sum(c >= clarify for c in confidence)


def test_no_more_than_the_wanted_share_of_the_negatives_is_answered():
    tenth = [0.1] * 10

    assert reaching(np.linspace(0.1, 1, 10), tenth, 0.1) == (1, 4)
    assert reaching(np.linspace(0.1, 1, 10), tenth, 0.19) == (1, 7)
    assert reaching(np.linspace(1, 0.1, 10), tenth, 0.2) == (2, 8)


def test_of_equally_sure_negatives_all_are_answered_or_none():
    assert reaching([0.9, 0.9, 0.5, 0.1], [0.25] * 4, 0.25) == (0, 4)
    assert reaching([0.9, 0.9, 0.5, 0.1], [0.25] * 4, 0.5) == (2, 4)


def test_questions_in_scope_count_for_no_share():
    """Of two negatives the surer one is too much: only the question in scope above it is answered."""
    assert reaching([0.9, 0.8, 0.7], [0, 0.5, 0.5], 0.12) == (1, 1)


def test_a_threshold_is_just_above_the_first_negative_too_many():
    answer, clarify = thresholds(np.array([0.9, 0.5, 0.3]), np.array([0.2, 0.2, 0.6]), 0.1)

    assert (answer, clarify) == (np.nextafter(0.9, 1), np.nextafter(0.3, 1))


@pytest.mark.parametrize(("lowest", "threshold"), [(0.3, 0.0), (-2.5, -2.5)])
def test_where_every_negative_may_pass_everything_is_answered(lowest, threshold):
    confidence, shares = np.array([0.9, lowest]), np.array([0.5, 0.5])

    assert thresholds(confidence, shares, 1.0) == (threshold, threshold)
    assert thresholds(confidence, np.zeros(2), 0.01) == (threshold, threshold)
    assert thresholds(confidence, shares, 0.3)[1] == threshold


def test_where_nothing_was_asked_everything_is_answered():
    assert thresholds(np.empty(0), np.empty(0), 0.03) == (0.0, 0.0)

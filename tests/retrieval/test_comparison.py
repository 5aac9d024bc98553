"""Comparing two encoders: a gain counts when it is no accident and nothing was paid for it."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.comparison import figures, is_gain
from bot.retrieval.training import HeldOut

RATE = 0.05


def judged(hits: int, of: int, phrasings: float, background: float = 0.0, seed: int = 0) -> HeldOut:
    """``hits`` right out of ``of``; confidences spread normally around the two means."""
    rng = np.random.default_rng(seed)
    return HeldOut(np.arange(of) < hits, rng.normal(phrasings, 1, of), rng.normal(background, 1, of))


def test_figures_are_shares_of_the_questions():
    held_out = HeldOut(
        np.array([True, True, True, False]),
        np.array([0.9, 0.8, 0.7, 0.2]),
        np.array([0.1, 0.3, 0.4, 0.75]),
    )
    measured = figures(held_out, false_answer_rate=0.25)

    assert (measured.hit_at_1, measured.coverage) == (0.75, 0.75)
    assert measured.auroc == (4 + 4 + 3 + 1) / 16


def test_equal_confidences_count_half():
    assert figures(HeldOut(np.array([True]), np.array([0.5]), np.array([0.5])), RATE).auroc == 0.5


@pytest.mark.parametrize(
    ("after", "gains"),
    [
        (judged(800, 1000, 2.0), False),
        (judged(850, 1000, 2.0), True),
        (judged(801, 1000, 2.0), False),
        (judged(800, 1000, 2.5), True),
        (judged(850, 1000, 1.5), False),
        (judged(799, 1000, 2.5), False),
    ],
    ids=[
        "the same",
        "more hits",
        "one hit",
        "surer",
        "more hits, less sure",
        "surer, one hit less",
    ],
)
def test_a_gain_is_beyond_chance_and_costs_nothing(after, gains):
    assert is_gain(judged(800, 1000, 2.0), after, RATE) is gains


def test_few_questions_prove_little():
    assert is_gain(judged(80, 100, 2.0), judged(90, 100, 2.0), RATE)
    assert not is_gain(judged(8, 10, 2.0), judged(9, 10, 2.0), RATE)

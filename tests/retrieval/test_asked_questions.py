"""How much each held-out question counts: in scope as much as out of it, near misses as much as is wanted."""

from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.asked_questions import Asked, Guesses, joined
from bot.retrieval.decision import SIGNALS


def asked(kinds: str, near_share: float = 0.35) -> Asked:
    """A question a letter: i in scope, n a near miss, p plainly out of scope."""
    count = len(kinds)
    signals = np.repeat(np.arange(count, dtype=float)[:, None], len(SIGNALS), axis=1)
    is_kind = {kind: np.array([each == kind for each in kinds], bool) for kind in "inp"}
    return Asked(
        np.arange(count), signals, is_kind["i"], is_kind["i"], is_kind["n"], near_share, Guesses.none(count)
    )


@pytest.mark.parametrize(
    ("kinds", "shares"),
    [
        ("npppp", [0.35, *[0.65 / 4] * 4]),
        ("innppii", [0, 0.175, 0.175, 0.325, 0.325, 0, 0]),
        ("inn", [0, 0.5, 0.5]),
        ("n", [1]),
        ("ipp", [0, 0.5, 0.5]),
        ("p", [1]),
        ("ii", [0, 0]),
        ("", []),
    ],
    ids=["both", "two of both", "near misses", "one", "none near", "one that is not", "none", "nothing"],
)
def test_near_misses_have_the_wanted_share_or_all_where_there_is_nothing_else(kinds, shares):
    assert asked(kinds).out_of_scope_shares.tolist() == pytest.approx(shares)


@pytest.mark.parametrize(
    ("kinds", "weights"),
    [
        ("iiiiinpppp", [1, 1, 1, 1, 1, 2.5, *[2.5 / 4] * 4]),
        ("innn", [2, *[2 / 3] * 3]),
        ("pppi", [*[2 / 3] * 3, 2]),
        ("pp", [0.5, 0.5]),
        ("ii", [0.5, 0.5]),
    ],
)
def test_in_scope_weighs_as_much_as_out_of_it_and_near_misses_as_much_as_the_rest(kinds, weights):
    assert asked(kinds).weights.tolist() == pytest.approx(weights)


def test_what_is_chosen_and_joined_again_is_the_same_in_another_order():
    everything = asked("inpi", near_share=0.2)
    later = np.array([False, True, False, True])
    both = joined([everything.where(later), everything.where(~later)], 0.04)

    assert both.numbers.tolist() == [1, 3, 0, 2]
    assert both.signals[:, 0].tolist() == both.signals[:, -1].tolist() == [1, 3, 0, 2]
    assert both.is_right.tolist() == both.is_in_scope.tolist() == [False, True, True, False]
    assert both.is_near_miss.tolist() == [True, False, False, False]
    assert (everything.where(later).near_share, both.near_share) == (0.2, 0.04)

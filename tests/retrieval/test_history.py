"""The history: whether there is anything to build."""

from __future__ import annotations

import pytest

from bot.retrieval.history import Action, Event, is_built

A, B = "a" * 64, "b" * 64


def event(action: Action, version: str, before: str = "", knowledge: str = "", checks: str = "c") -> Event:
    return Event("2026-11-22T12:00:00+00:00", action, version, before, knowledge, checks)


PUBLISHED_A = event(Action.PUBLISH, "1", knowledge=A)
PUBLISHED_B = event(Action.PUBLISH, "2", before="1", knowledge=B)
REJECTED_B = event(Action.REJECT, "2", before="1", knowledge=B)
BACK_TO_A = event(Action.ROLL_BACK, "1", before="2")
SET_ASIDE_B = event(Action.SET_ASIDE, "2", before="1", knowledge=B)
ADMITTED_A = event(Action.PUBLISH_REJECTED, "0", before="2", knowledge=A)
KEPT_A = event(Action.KEEP, "1", before="1", knowledge=A)


@pytest.mark.parametrize(
    ("events", "live", "knowledge", "checks", "expected"),
    [
        pytest.param([], "", A, "c", False, id="nothing was ever built"),
        pytest.param([PUBLISHED_A], "1", A, "c", True, id="it is live"),
        pytest.param([PUBLISHED_A], "1", B, "c", False, id="the knowledge changed"),
        pytest.param([PUBLISHED_A], "1", A, "d", False, id="the checks changed"),
        pytest.param([PUBLISHED_A, REJECTED_B], "1", B, "c", True, id="it was rejected"),
        pytest.param([PUBLISHED_A, REJECTED_B], "1", B, "d", False, id="rejected, the checks changed"),
        pytest.param([PUBLISHED_A, PUBLISHED_B], "1", B, "c", False, id="killed before it was live"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, BACK_TO_A], "1", B, "c", True, id="rolled back from"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, BACK_TO_A], "1", B, "d", True, id="then a check was added"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, BACK_TO_A], "1", A, "c", False, id="then it was taken back"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, BACK_TO_A, KEPT_A], "1", B, "c", False, id="then redone"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, ADMITTED_A], "0", B, "c", True, id="a rejected one let pass"),
        pytest.param([PUBLISHED_A, PUBLISHED_B, ADMITTED_A], "2", B, "c", False, id="killed before that"),
        pytest.param([PUBLISHED_A, BACK_TO_A, SET_ASIDE_B], "1", B, "c", True, id="overtaken"),
    ],
)
def test_only_a_change_since_the_last_build_is_worth_another(events, live, knowledge, checks, expected):
    assert is_built(events, live, knowledge, checks) is expected

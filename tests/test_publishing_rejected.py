"""A rejected version made live as it was kept: who answers for it stays on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import IndexUnusableError
from bot.publishing_rejected import Approval, publish_rejected
from bot.retrieval.history import Action
from bot.rolling_back import roll_back
from bot.versions_overview import State, overview
from tests.publishing import MET, UNMET, Desk
from tests.retrieval.fakes import FEES, REVIEW, knowledge

POORER = knowledge(FEES, REVIEW, digest="e" * 64)
MEI = Approval("mei", "the fair opens today")


@pytest.fixture
def desk(tmp_path) -> Desk:
    """One version is live, a poorer one was rejected."""
    desk = Desk(tmp_path / "index")
    desk.live = desk.build(checks=[MET]).version
    desk.rejected = desk.build(POORER, checks=[MET, UNMET]).version
    return desk


def publish(desk: Desk, version: str, load=None) -> str:
    desk.now += timedelta(minutes=1)
    load = load or desk.store.rejected.verified
    return publish_rejected(desk.store, version, MEI, desk.now, load)


def test_it_is_live_without_building_and_its_approval_is_on_record(desk):
    before = publish(desk, desk.rejected)
    row = overview(desk.store)[0]

    assert (before, desk.store.current(), desk.built) == (desk.live, desk.rejected, 2)
    assert (row.name, row.state) == (desk.rejected, State.LIVE)
    assert (row.forced.by, row.forced.reason) == ("mei", "the fair opens today")
    assert row.forced.note == "2 of 2 checks fail"
    assert desk.store.history.events()[-1].action is Action.PUBLISH_REJECTED


def test_it_is_rejected_no_more_and_one_can_go_back(desk):
    publish(desk, desk.rejected)

    assert [row.state for row in overview(desk.store)] == [State.LIVE, State.PREVIOUS]
    assert roll_back(desk.store, "", "mei", desk.now, desk.store.verified).version == desk.live


def test_one_that_does_not_load_stays_aside_and_the_live_one_stays(desk):
    (desk.store.rejected.folder / desk.rejected / "entries.jsonl").write_text("{}")
    with pytest.raises(IndexUnusableError, match=r"SHA-256 of entries\.jsonl"):
        publish(desk, desk.rejected)

    assert desk.store.current() == desk.live
    assert desk.store.rejected.names() == [desk.rejected]


def test_one_that_was_never_built_is_refused_with_the_remedy(desk):
    (desk.store.rejected.folder / "20261122T130000Z-ffffffff.txt").write_text("3 errors of lint")
    with pytest.raises(IndexUnusableError, match=r"never built.*mend them, then run: flask"):
        publish(desk, "20261122T130000Z-ffffffff")


def test_one_that_was_not_rejected_is_refused(desk):
    with pytest.raises(IndexUnusableError, match=r"not among the rejected ones; see: flask"):
        publish(desk, desk.live)

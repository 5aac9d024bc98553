"""Pruning: what is deleted, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.checks import CheckRun
from bot.pruning import check_runs, prune, report_path
from bot.retrieval.history import Action, Event
from bot.retrieval.versions import VersionStore
from tests.retrieval.fakes import NOON, write_version

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def store(tmp_path) -> VersionStore:
    """Versions a to f; c is live."""
    store = VersionStore(tmp_path / "index")
    for name in "abcdef":
        write_version(store, name)
    store.publish("c")
    return store


def test_the_newest_old_versions_stay_and_the_live_one_whatever_its_age(store):
    assert prune(store, 2, LATER) == ["a", "b", "d"]
    assert (store.names(), store.current()) == (["c", "e", "f"], "c")


def test_what_was_made_live_or_replaced_within_a_minute_stays(store):
    """A worker may be loading the one, and another still be answering from the other."""
    at = (LATER - timedelta(seconds=59)).isoformat()
    store.history.add(Event(at, Action.PUBLISH, "c", before="a"))

    assert prune(store, 1, LATER) == ["b", "d", "e"]
    assert prune(store, 1, LATER + timedelta(minutes=1)) == ["a"]


def test_rejected_versions_go_with_their_reports_oldest_first(store):
    for name in "xyz":
        write_version(store.rejected, name)
        report_path(store, name).write_text("why")
    report_path(store, "unbuilt").write_text("lint")

    assert prune(store, 2, LATER)[-2:] == ["unbuilt", "x"]
    assert sorted(path.name for path in store.rejected.folder.iterdir()) == ["y", "y.txt", "z", "z.txt"]


def test_results_of_checks_go_with_their_versions(store):
    for name in ("a", "c", "gone"):
        check_runs(store).keep(name, CheckRun("digest", ()))
    prune(store, 5, LATER)

    assert sorted(check_runs(store).versions()) == ["a", "c"]


def test_what_is_no_version_is_left_alone(store):
    notes = store.folder / "my notes"
    notes.mkdir()
    prune(store, 1, LATER)

    assert notes.is_dir()


def test_without_a_live_version_old_ones_stay_as_many_as_wanted(store):
    (store.folder / "CURRENT").unlink()

    assert prune(store, 4, LATER) == ["a", "b"]

"""Pruning: what is deleted, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.checks import CheckRun
from bot.pruning import (
    check_runs,
    forget_rejection,
    keep_rejection,
    prune,
    rejected_names,
    rejection,
    report_path,
)
from bot.retrieval.history import Action, Event
from bot.retrieval.versions import VersionStore
from bot.sentences import Sentence, joined
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
        keep_rejection(store, name, "why")
    report_path(store, "unbuilt").write_text("lint")

    assert prune(store, 2, LATER)[-2:] == ["unbuilt", "x"]
    assert sorted(path.name for path in store.rejected.folder.iterdir()) == [
        *("y", "y.json", "y.txt"),
        *("z", "z.json", "z.txt"),
    ]


def test_why_a_version_was_rejected_is_kept_for_people_and_for_pages_in_any_language(store):
    report = joined([Sentence("index %(version)s stays live", version="c"), "  the check"])
    path = keep_rejection(store, "x", report)

    assert path.read_text() == "index c stays live\n  the check\n"
    assert rejection(store, "x") == report
    assert rejection(store, "x").lines()[0].template == "index %(version)s stays live"
    path.with_suffix(".json").unlink()
    assert rejection(store, "x") == "index c stays live\n  the check\n"
    forget_rejection(store, "x")
    assert (rejection(store, "x"), rejected_names(store)) == ("", [])


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

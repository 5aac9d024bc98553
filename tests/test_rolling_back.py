"""Rolling back: to what was live before, as far as one likes, and never to what does not load."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import IndexMissingError, IndexUnusableError
from bot.retrieval.history import Action, Event
from bot.retrieval.versions import VersionStore
from bot.rolling_back import RolledBack, roll_back
from tests.retrieval.fakes import NOON, write_version


@pytest.fixture
def store(tmp_path) -> VersionStore:
    """a, b and c were published one after the other, x was rejected."""
    store = VersionStore(tmp_path / "index")
    for name in "abc":
        publish(store, name)
    write_version(store.rejected, "x")
    return store


def publish(store: VersionStore, name: str) -> None:
    write_version(store, name)
    before = store.current_name()
    store.history.add(Event(NOON.isoformat(), Action.PUBLISH, name, before=before))
    store.publish(name)


def back(store: VersionStore, version: str = "") -> RolledBack:
    return roll_back(store, version, "mei", NOON + timedelta(hours=1), store.verified)


def test_the_version_that_was_live_before_is_live_again(store):
    assert back(store) == RolledBack("b", before="c")
    assert store.current() == "b"
    event = store.history.events()[-1]
    assert (event.action, event.version, event.before, event.by) == (Action.ROLL_BACK, "b", "c", "mei")


def test_the_reason_is_kept(store):
    roll_back(store, "a", "mei", NOON, store.verified, "prices were wrong")

    assert store.history.events()[-1].reason == "prices were wrong"


def test_rolled_back_twice_it_goes_on_and_does_not_return(store):
    back(store)

    assert back(store).version == "a"
    with pytest.raises(IndexMissingError, match="no version was live before a"):
        back(store)
    assert store.current() == "a"


def test_a_named_version_is_made_live_and_one_can_return(store):
    assert back(store, "a").version == "a"
    assert back(store, "c") == RolledBack("c", before="a")
    assert back(store).version == "a"


def test_what_was_rolled_back_from_is_passed_over_later(store):
    back(store)
    publish(store, "d")

    assert [back(store).version for _ in range(2)] == ["b", "a"]


def test_a_damaged_version_is_passed_over_and_named(store):
    (store.folder / "b" / "phrasing.faiss").unlink()
    done = back(store)

    assert done.version == "a"
    assert [text for text in done.passed_over if "phrasing.faiss is missing" in text] == [*done.passed_over]


def test_a_damaged_version_asked_for_by_name_is_refused_and_the_live_one_stays(store):
    (store.folder / "a" / "phrasing.faiss").unlink()
    with pytest.raises(IndexUnusableError, match=r"phrasing\.faiss is missing"):
        back(store, "a")

    assert (store.current(), len(store.history.events())) == ("c", 3)


def test_a_rejected_version_is_refused_with_the_way_to_force_it(store):
    with pytest.raises(IndexUnusableError, match=r"x was rejected.*index publish x --reason"):
        back(store, "x")


def test_without_a_history_the_next_older_version_is_taken(store):
    (store.folder / "history.jsonl").unlink()

    assert back(store).version == "b"


def test_a_pointer_that_names_nothing_is_mended(store):
    (store.folder / "CURRENT").unlink()

    assert back(store).version == "c"


def test_a_publish_that_was_killed_before_it_was_done_is_not_rolled_back_to(store):
    """It is in the history, but never was live."""
    write_version(store, "d")
    store.history.add(Event(NOON.isoformat(), Action.PUBLISH, "d", before="c"))
    publish(store, "e")

    assert back(store).version == "c"


def test_the_version_that_is_live_already_stays_without_another_event(store):
    assert back(store, "c") == RolledBack("c", before="c")
    assert len(store.history.events()) == 3


@pytest.mark.parametrize("torn", ['{"at": "2026', "[1]", '{"action": "sold"}', "\x00"])
def test_a_torn_line_of_the_history_is_passed_over_and_the_next_one_whole(store, torn):
    path = store.folder / "history.jsonl"
    path.write_text(path.read_text() + torn)
    publish(store, "d")

    assert [event.version for event in store.history.events()] == ["a", "b", "c", "d"]

"""The live index: follows the pointer, and holds on to what works."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.answering.normalising import normalise
from bot.errors import IndexMissingError, IndexUnusableError
from bot.retrieval.live_index import CHECK_EVERY, LiveIndex
from tests.retrieval.fakes import FEES, NAMES, NOON, build, knowledge, load

QUESTION = normalise("名字可以改几次")


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def wait(self, seconds: float = CHECK_EVERY) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(store, clock) -> LiveIndex:
    """Serves what lies in the store; the clock stands still."""
    return LiveIndex(store, lambda version: load(store, version), lambda: clock.now)


def publish(store, *entries, minute: int) -> str:
    """Build and publish a version of the entries, a given minute after noon."""
    now = NOON + timedelta(minutes=minute)
    return build(store, knowledge(*entries), now=now).version


def tear(store, version: str) -> bytes:
    """Cut a version's contents in half; gives the whole."""
    path = store.folder / version / "contents.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return whole


def top(index) -> str:
    return index.rank(QUESTION).hits[0].entry_id


def test_the_first_call_loads_the_published_version(store, live):
    version = publish(store, FEES, NAMES, minute=0)

    assert live().version == version
    assert top(live()) == "names"


def test_a_new_version_serves_once_the_pointer_has_moved(store, live, clock):
    publish(store, FEES, minute=0)
    assert top(live()) == "fees"
    version = publish(store, FEES, NAMES, minute=1)
    clock.wait()

    assert (live().version, top(live())) == (version, "names")


def test_the_pointer_is_read_once_in_a_while_only(store, live, clock):
    old = publish(store, FEES, minute=0)
    assert live().version == old
    new = publish(store, NAMES, minute=1)
    clock.wait(CHECK_EVERY * 0.9)
    assert live().version == old
    clock.wait(CHECK_EVERY * 0.2)

    assert live().version == new


def test_rolling_back_is_moving_the_pointer_back(store, live, clock):
    old, new = publish(store, FEES, minute=0), publish(store, NAMES, minute=1)
    assert live().version == new
    store.publish(old)
    clock.wait()

    assert live().version == old


def test_an_unmoved_pointer_loads_nothing_again(store, live, clock):
    publish(store, FEES, minute=0)
    index = live()
    clock.wait(100)

    assert live() is index


def test_a_request_keeps_the_version_it_was_given(store, live, clock):
    publish(store, NAMES, minute=0)
    given = live()
    publish(store, FEES, minute=1)
    clock.wait()

    assert top(live()) == "fees"
    assert top(given) == "names"


def test_a_torn_version_never_serves_and_the_log_says_why(store, live, clock, caplog):
    good = publish(store, NAMES, minute=0)
    live()
    torn = publish(store, FEES, minute=1)
    tear(store, torn)
    clock.wait()

    assert (live().version, top(live())) == (good, "names")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith(f"keeping index {good}: index {torn}: SHA-256 of contents.json is ")


def test_a_torn_version_is_complained_of_once(store, live, clock, caplog):
    publish(store, NAMES, minute=0)
    live()
    tear(store, publish(store, FEES, minute=1))
    for _ in range(3):
        clock.wait()
        live()

    assert len(caplog.records) == 1


def test_the_next_whole_version_serves_after_a_torn_one(store, live, clock):
    publish(store, NAMES, minute=0)
    live()
    tear(store, publish(store, FEES, minute=1))
    clock.wait()
    live()
    version = publish(store, FEES, minute=2)
    clock.wait()

    assert (live().version, top(live())) == (version, "fees")


def test_a_torn_version_that_is_completed_in_place_serves(store, live, clock):
    """A copy that had not arrived in full when the pointer moved."""
    publish(store, NAMES, minute=0)
    live()
    version = publish(store, FEES, minute=1)
    whole = tear(store, version)
    clock.wait()
    live()
    (store.folder / version / "contents.json").write_bytes(whole)
    clock.wait()

    assert live().version == version


@pytest.mark.parametrize("pointer", [None, "", "..", b"\xff"], ids=["gone", "empty", "a trick", "not text"])
def test_a_broken_pointer_keeps_the_version_that_serves(store, live, clock, caplog, pointer):
    good = publish(store, NAMES, minute=0)
    live()
    current = store.folder / "CURRENT"
    current.unlink()
    if pointer is not None:
        current.write_bytes(pointer if isinstance(pointer, bytes) else pointer.encode())
    clock.wait()

    assert live().version == good
    assert f"keeping index {good}: " in caplog.text


def test_before_the_first_build_every_call_says_what_to_run(store, live):
    for _ in range(2):
        with pytest.raises(IndexMissingError, match="run: flask --app wsgi index build"):
            live()


def test_the_first_build_is_picked_up_at_once(store, live):
    with pytest.raises(IndexMissingError):
        live()
    version = publish(store, NAMES, minute=0)

    assert live().version == version


def test_a_torn_first_version_is_an_error_not_an_empty_index(store, live):
    tear(store, publish(store, NAMES, minute=0))

    with pytest.raises(IndexUnusableError, match=r"SHA-256 of contents\.json"):
        live()


def test_eight_threads_load_a_version_once_and_share_it(store, eight_threads):
    publish(store, NAMES, minute=0)
    loads = []

    def slowly(version):
        loads.append(version)
        threading.Event().wait(0.05)
        return load(store, version)

    live = LiveIndex(store, slowly, lambda: 0.0)
    assert len({id(index) for index in eight_threads(live)}) == 1
    assert len(loads) == 1


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_while_one_thread_loads_the_others_are_served_by_the_old_version(store, clock, elsewhere):
    old, served_meanwhile = publish(store, NAMES, minute=0), []

    def load_and_look_around(version):
        if version != old:
            served_meanwhile.append(elsewhere.submit(live).result(timeout=2).version)
        return load(store, version)

    live = LiveIndex(store, load_and_look_around, lambda: clock.now)
    live()
    new = publish(store, FEES, minute=1)
    clock.wait()
    assert (live().version, served_meanwhile) == (new, [old])

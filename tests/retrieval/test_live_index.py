"""The live index: follows the pointer beside the requests, and holds on to what works."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.answering.normalising import normalise
from bot.domain import IndexState
from bot.errors import IndexMissingError, IndexUnusableError
from bot.retrieval.history import Action, Event
from bot.retrieval.index_files import Parts
from bot.retrieval.live_index import TRY_AGAIN_AFTER, LiveIndex
from bot.retrieval.loaded_index import load_index
from bot.retrieval.versions import VersionStore
from tests.retrieval.fakes import FEES, FEES_EN, NAMES, NOON, HashEmbedder, build, knowledge, load

QUESTION = normalise("名字可以改几次")
# Seconds between two looks of a thread that a test does not want to see looking.
NEVER = 3_600.0
PROMPTLY = 0.01


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[IndexState]:
    """What the live index has told of itself."""
    return []


@pytest.fixture
def live(store, clock, told) -> LiveIndex:
    """Serves what lies in the store; looks at the pointer when told to, and the clock stands still."""
    return follower(store, clock=clock, observe=told.append)


def follower(store, *, clock=None, load_version=None, observe=None, check_every=NEVER) -> LiveIndex:
    clock = clock or Clock()
    return LiveIndex(
        store,
        load_version or (lambda version: load(store, version)),
        lambda: clock.now,
        observe or (lambda state: None),
        check_every,
    )


def publish(store, *entries, minute: int) -> str:
    """Build and publish a version of the entries, a given minute after noon."""
    now = NOON + timedelta(minutes=minute)
    return build(store, knowledge(*entries), now=now).version


def tear(store, version: str) -> bytes:
    """Cut a version's contents in half; gives the whole."""
    path = store.folder / version / "entries.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return whole


def top(index) -> str:
    return index.rank(QUESTION).hits[0].entry_id


def eventually(condition: Callable[[], bool]) -> None:
    """Return once it is so; fail if it takes far longer than it may."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(PROMPTLY)


def test_the_first_call_loads_the_published_version(store, live):
    version = publish(store, FEES, NAMES, minute=0)

    assert live().version == version
    assert top(live()) == "names"


def test_a_new_version_serves_once_the_pointer_was_looked_at(store, live):
    old = publish(store, FEES, minute=0)
    assert (live().version, top(live())) == (old, "fees")
    version = publish(store, FEES, NAMES, minute=1)
    assert live().version == old
    live.check()

    assert (live().version, top(live())) == (version, "names")


def test_rolling_back_is_moving_the_pointer_back(store, live):
    old, new = publish(store, FEES, minute=0), publish(store, NAMES, minute=1)
    assert live().version == new
    store.publish(old)
    live.check()

    assert live().version == old


def test_an_unmoved_pointer_loads_nothing_again(store, live):
    publish(store, FEES, minute=0)
    index = live()
    live.check()

    assert live() is index


def test_a_request_keeps_the_version_it_was_given(store, live):
    publish(store, NAMES, minute=0)
    given = live()
    publish(store, FEES, minute=1)
    live.check()

    assert top(live()) == "fees"
    assert top(given) == "names"


def test_a_thread_of_its_own_follows_the_pointer(store):
    live = follower(store, check_every=PROMPTLY)
    publish(store, FEES, minute=0)
    live()
    version = publish(store, NAMES, minute=1)

    eventually(lambda: live().version == version)


def test_the_thread_outlives_whatever_goes_wrong_while_it_looks(store, caplog):
    first = publish(store, FEES, minute=0)
    failures = [ValueError("a bug")]

    def observe(state):
        if state.version != first and failures:
            raise failures.pop()

    live = follower(store, observe=observe, check_every=PROMPTLY)
    live()
    publish(store, NAMES, minute=1)
    eventually(lambda: not failures)
    version = publish(store, FEES, minute=2)

    eventually(lambda: live().version == version)
    assert "the live index could not be checked" in caplog.text


def test_the_thread_ends_when_nobody_uses_the_live_index_any_more(store):
    publish(store, FEES, minute=0)
    live = follower(store, check_every=PROMPTLY)
    live()
    (thread,) = [one for one in threading.enumerate() if one is live._thread]
    del live
    gc.collect()
    thread.join(20)

    assert not thread.is_alive()


def test_a_torn_version_never_serves_and_the_log_says_why(store, live, caplog):
    good = publish(store, NAMES, minute=0)
    live()
    torn = publish(store, FEES, minute=1)
    tear(store, torn)
    live.check()

    assert (live().version, top(live())) == (good, "names")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith(f"keeping index {good}: index {torn}: SHA-256 of entries.jsonl is ")


def test_a_torn_version_is_complained_of_once(store, live, clock, caplog, told):
    publish(store, NAMES, minute=0)
    live()
    tear(store, publish(store, FEES, minute=1))
    for _ in range(3):
        clock.wait(TRY_AGAIN_AFTER)
        live.check()

    assert len(caplog.records) == 1
    assert [state.refusals for state in told] == [0, 1]


def test_a_torn_version_is_not_read_again_until_it_changes_or_time_has_passed(store, clock):
    tried = []

    def load_version(version):
        tried.append(version)
        return load(store, version)

    live = follower(store, clock=clock, load_version=load_version)
    publish(store, NAMES, minute=0)
    live()
    torn = publish(store, FEES, minute=1)
    tear(store, torn)
    for _ in range(3):
        live.check()
    assert tried.count(torn) == 1
    clock.wait(TRY_AGAIN_AFTER)
    live.check()
    assert tried.count(torn) == 2


def test_a_version_that_fails_in_an_unforeseen_way_is_refused_too(store, caplog):
    def load_version(version):
        if version != good:
            raise MemoryError("no room")
        return load(store, version)

    good = publish(store, NAMES, minute=0)
    live = follower(store, load_version=load_version)
    live()
    bad = publish(store, FEES, minute=1)
    live.check()

    assert live().version == good
    assert (live.state.refused.version, "no room" in live.state.refused.reason) == (bad, True)


def test_the_next_whole_version_serves_after_a_torn_one(store, live):
    publish(store, NAMES, minute=0)
    live()
    tear(store, publish(store, FEES, minute=1))
    live.check()
    version = publish(store, FEES, minute=2)
    live.check()

    assert (live().version, top(live())) == (version, "fees")


def test_a_torn_version_that_is_completed_in_place_serves(store, live):
    """A copy that had not arrived in full when the pointer moved."""
    publish(store, NAMES, minute=0)
    live()
    version = publish(store, FEES, minute=1)
    whole = tear(store, version)
    live.check()
    (store.folder / version / "entries.jsonl").write_bytes(whole)
    live.check()

    assert live().version == version


@pytest.mark.parametrize("pointer", [None, "", "..", b"\xff"], ids=["gone", "empty", "a trick", "not text"])
def test_a_broken_pointer_keeps_the_version_that_serves(store, live, caplog, pointer):
    good = publish(store, NAMES, minute=0)
    live()
    current = store.folder / "CURRENT"
    current.unlink()
    if pointer is not None:
        current.write_bytes(pointer if isinstance(pointer, bytes) else pointer.encode())
    live.check()

    assert live().version == good
    assert f"keeping index {good}: " in caplog.text


def test_the_state_tells_what_serves_since_when_and_what_was_refused(store, live, clock, told):
    clock.wait(100)
    good = publish(store, NAMES, minute=0)
    live()
    serving = IndexState(good, "2026-11-22T12:00:00+00:00", swapped_at=100)
    torn = publish(store, FEES, minute=1)
    tear(store, torn)
    live.check()
    refused = live.state.refused
    clock.wait(100)
    newest = publish(store, FEES, minute=2)
    live.check()

    assert (refused.version, "entries.jsonl" in refused.reason) == (torn, True)
    assert told == [
        serving,
        replace(serving, refused=refused, refusals=1),
        IndexState(newest, "2026-11-22T12:02:00+00:00", swapped_at=200, refusals=1),
    ]


def test_pointing_back_at_what_serves_ends_the_refusal(store, live, told):
    good = publish(store, NAMES, minute=0)
    index = live()
    tear(store, publish(store, FEES, minute=1))
    live.check()
    store.publish(good)
    live.check()

    assert live() is index
    assert asdict(told[-1]) == asdict(told[0]) | {"refusals": 1}


@pytest.mark.parametrize("what", ["folder", "version"])
def test_what_vanishes_while_it_serves_goes_on_serving_and_is_missed(store, live, tmp_path, what):
    version = publish(store, NAMES, minute=0)
    live()
    gone = store.folder if what == "folder" else store.folder / version
    gone.rename(tmp_path / "away")
    live.check()
    assert (top(live()), live().entry("names", QUESTION.language)) == ("names", NAMES)
    assert str(store.folder) in live.state.refused.reason

    (tmp_path / "away").rename(gone)
    live.check()
    assert live.state.refused is None


def test_whoever_cuts_the_files_of_the_version_that_serves_does_no_harm(store, live):
    version = publish(store, NAMES, FEES, minute=0)
    index = live()
    for path in (store.folder / version).iterdir():
        os.truncate(path, 0)

    assert (top(index), index.entry("fees", QUESTION.language)) == ("names", FEES)


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

    for _ in range(2):
        with pytest.raises(IndexUnusableError, match=r"SHA-256 of entries\.jsonl"):
            live()


def test_a_process_that_starts_while_the_live_version_is_torn_serves_the_one_before(store, live, told):
    versions = [publish(store, *entries, minute=i) for i, entries in enumerate([[FEES], [NAMES], [FEES_EN]])]
    for before, version in pairwise(["", *versions]):
        store.record(Event("2026-11-22T12:00:00", Action.PUBLISH, version, before))
    tear(store, versions[2])
    (store.folder / versions[1] / "manifest.json").unlink()

    assert (live().version, top(live())) == (versions[0], "fees")
    assert [state.refused.version for state in told] == [versions[2], versions[2]]
    assert live.state.refusals == 1


def test_eight_threads_load_a_version_once_and_share_it(store, eight_threads):
    publish(store, NAMES, minute=0)
    loads = []

    def slowly(version):
        loads.append(version)
        threading.Event().wait(0.05)
        return load(store, version)

    live = follower(store, load_version=slowly)
    assert len({id(index) for index in eight_threads(live)}) == 1
    assert len(loads) == 1


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_while_a_version_loads_requests_are_served_by_the_old_one(store, elsewhere):
    old, served_meanwhile = publish(store, NAMES, minute=0), []

    def load_and_look_around(version):
        if version != old:
            served_meanwhile.append(elsewhere.submit(live).result(timeout=2).version)
        return load(store, version)

    live = follower(store, load_version=load_and_look_around)
    live()
    new = publish(store, FEES, minute=1)
    live.check()
    assert (live().version, served_meanwhile) == (new, [old])


def test_versions_share_what_is_equal_in_both(store):
    parts = Parts()
    old = publish(store, FEES, minute=0)
    new = publish(store, replace(FEES, answer="认证费每年六十元。"), minute=1)
    one, other = (load_index(store, version, HashEmbedder(), parts) for version in (old, new))

    assert one.vocabulary is other.vocabulary
    assert one.entry("fees", QUESTION.language) == FEES
    assert other.entry("fees", QUESTION.language).answer == "认证费每年六十元。"


# Each way to damage a file, given its path and the same file of another version.
DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "truncated": lambda path, _: os.truncate(path, path.stat().st_size // 2),
    "a byte flipped": lambda path, _: flip_a_byte(path),
    "deleted": lambda path, _: path.unlink(),
    "another's": lambda path, other: shutil.copyfile(other, path),
}


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture(scope="module")
def three_versions(tmp_path_factory) -> Path:
    """An index folder with three versions, all of whose files differ; the first is live."""
    folder = tmp_path_factory.mktemp("three") / "index"
    store = VersionStore(folder)
    builds = ([FEES], [NAMES], [FEES, NAMES])
    versions = [publish(store, *entries, minute=minute) for minute, entries in enumerate(builds)]
    store.publish(versions[0])
    return folder


def files_of_a_version(folder: Path) -> list[str]:
    """Their names, all versions having the same."""
    return sorted(path.name for path in next(folder.glob("*/manifest.json")).parent.iterdir())


@pytest.mark.parametrize("damage", DAMAGE)
def test_whichever_file_is_damaged_it_is_named_and_the_last_good_version_serves(
    three_versions, tmp_path, damage
):
    for number, name in enumerate(files_of_a_version(three_versions)):
        store = VersionStore(shutil.copytree(three_versions, tmp_path / f"{number}"))
        good, bad, next_good = sorted(path.parent.name for path in store.folder.glob("*/manifest.json"))
        live = follower(store)
        assert live().version == good
        if (store.folder / bad / name).read_bytes() == (store.folder / next_good / name).read_bytes():
            continue  # what is equal in both is no damage
        DAMAGE[damage](store.folder / bad / name, store.folder / next_good / name)

        store.publish(bad)
        live.check()
        assert (live().version, top(live())) == (good, "fees")
        refused = live.state.refused
        assert refused is not None and refused.version == bad, name
        assert name in refused.reason or bad in refused.reason, (name, refused.reason)
        assert "index build" in refused.reason

        store.publish(next_good)
        live.check()
        assert (live().version, live.state.refused) == (next_good, None)

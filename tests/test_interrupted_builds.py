"""Builds that are killed or run out of disk: the live version serves on, and the next build succeeds."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from bot.answering.answerer import Answerer
from bot.build_result import Outcome
from bot.errors import IndexUnusableError
from tests.publishing import MET, Desk
from tests.retrieval.fakes import load

KILLS = 8
# Processes that are forked ready to build: most of what a kill meets is then the build.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.publishing", "bot.retrieval.training"])


def build_again(folder: Path) -> None:
    """What the killed process does."""
    Desk(folder).build(checks=[MET], again=True)


def start(folder: Path):
    process = FORKING.Process(target=build_again, args=(folder,))
    process.start()
    return process


def duration(folder: Path) -> float:
    """Seconds of a build that nobody disturbs; the first one also starts the process that forks."""
    for _ in range(2):
        started = time.monotonic()
        process = start(folder)
        process.join()
        assert process.exitcode == 0
    return time.monotonic() - started


@contextmanager
def disk_of(size: int):
    """Writing beyond ``size`` bytes of a file fails as on a full disk."""
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def serves(desk: Desk) -> str:
    """The live version, which was loaded and asked."""
    index = load(desk.store)
    assert Answerer(lambda: index).answer("怎么改名").entry.id == "names"
    return index.version


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = Desk(tmp_path / "index")
    desk.build(checks=[MET])
    return desk


@pytest.mark.service
def test_killed_at_any_moment_a_build_leaves_a_version_that_serves_and_the_next_one_succeeds(desk):
    random, seconds, ends = Random(0), duration(desk.store.folder), []
    for number in range(KILLS):
        published = {*desk.store.names()}
        process = start(desk.store.folder)
        time.sleep(seconds * (number + random.random()) / KILLS)
        process.kill()
        process.join()
        ends.append(process.exitcode)
        assert serves(desk) in published | {*desk.store.names()}

    assert -signal.SIGKILL in ends
    result = desk.build(checks=[MET], again=True)
    assert (result.outcome, serves(desk)) == (Outcome.PUBLISHED, result.version)
    assert [name for name in desk.names() if name.startswith(".")] == []


@pytest.mark.parametrize("size", [0, 100, 1_000, 3_000, 20_000])
def test_a_full_disk_is_named_with_the_remedy_and_the_live_version_serves_on(desk, size):
    live, before = desk.store.current(), desk.names()
    with pytest.raises(IndexUnusableError) as refused, disk_of(size):
        desk.build(checks=[MET], again=True)

    assert str(refused.value).startswith(f"cannot write to {desk.store.folder}")
    assert str(refused.value).endswith("); free some space or set BOT_INDEX_DIR")
    assert (serves(desk), desk.names()) == (live, before)
    assert desk.build(checks=[MET], again=True).outcome is Outcome.PUBLISHED


def test_a_full_disk_at_the_last_moment_leaves_the_pointer_whole(desk):
    """The version was written, the pointer cannot be."""
    live = desk.store.current()
    with pytest.raises(IndexUnusableError, match="free some space"), disk_of(10):
        desk.store.publish("20261122T120000Z-somewhere")

    assert serves(desk) == live

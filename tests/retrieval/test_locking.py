"""The build lock: one at a time, whoever dies lets go."""

from __future__ import annotations

import multiprocessing
import threading

import pytest

from bot.errors import IndexBusyError, IndexUnusableError
from bot.retrieval.locking import Holder, build_lock

MEI = Holder(4711, "mei", "2026-11-22T12:00:00+00:00")
LI = Holder(4712, "li", "2026-11-22T12:05:00+00:00")
FORKING = multiprocessing.get_context("forkserver")


def hold_for_ever(folder, told) -> None:
    with build_lock(folder, MEI):
        told.set()
        threading.Event().wait()


def test_who_does_not_wait_is_told_who_builds_since_when_and_what_to_do(tmp_path):
    with (
        build_lock(tmp_path, MEI),
        pytest.raises(IndexBusyError) as refused,
        build_lock(tmp_path, LI),
    ):
        pytest.fail("two hold it")

    assert str(refused.value).startswith("the index is being built by process 4711 (mei) since 2026-11-22T12")
    assert str(refused.value).endswith("flask --app wsgi index build --wait")


def test_who_waits_is_told_for_whom_and_builds_after(tmp_path):
    is_over, told = threading.Event(), []

    def build_first() -> None:
        with build_lock(tmp_path, MEI):
            is_begun.set()
            is_over.wait()

    is_begun = threading.Event()
    first = threading.Thread(target=build_first)
    first.start()
    is_begun.wait()

    def tell(other: str) -> None:
        told.append(other)
        is_over.set()

    with build_lock(tmp_path, LI, tell):
        assert told == [str(MEI)]
    first.join()


@pytest.mark.service
def test_a_killed_process_holds_nobody_up(tmp_path):
    told = FORKING.Event()
    process = FORKING.Process(target=hold_for_ever, args=(tmp_path, told))
    process.start()
    told.wait()
    with pytest.raises(IndexBusyError), build_lock(tmp_path, LI):
        pytest.fail("two hold it")
    process.kill()
    process.join()

    with build_lock(tmp_path, LI):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(IndexUnusableError, match="free some space or set BOT_INDEX_DIR"):
        build_lock(tmp_path / "file", MEI).__enter__()

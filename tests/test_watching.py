"""A real folder under a real watcher: when it builds, how often, and what it says."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest
from watchfiles import watch

from bot import watching
from bot.domain import JobResult, JobState
from bot.knowledge import loader
from bot.watching import Knowledge, Watcher, folder_changes, is_knowledge
from tests.conftest import KNOWLEDGE

SOON = 20.0


class Watched:
    """A folder that is watched in a thread; ``builds`` are the digests that were built, in order."""

    def __init__(self, folder: Path, polling_seconds: float = 0) -> None:
        self.folder = folder
        self.builds: list[str] = []
        self.told: list[str] = []
        self.results: list[JobResult] = []
        self._polling_seconds = polling_seconds
        self._stopping = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> Watched:
        """Return when every further change will be noticed."""
        self._thread.start()
        assert self._looked.wait(SOON)
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(SOON)
        assert not self._thread.is_alive()

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in "\n".join(self.told), self.told)

    def wait_for_builds(self, count: int) -> None:
        wait_until(lambda: len(self.builds) >= count, self.told)

    def settle(self) -> None:
        """Wait until a change that was made before would have been built."""
        time.sleep(4 * watching.QUIET_SECONDS)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def _run(self) -> None:
        knowledge = Knowledge(self.folder, self._is_built, lambda: loader.digest(self.folder))
        watcher = Watcher(knowledge, self._build, self.told.append, time.monotonic)
        watcher.run(self._changes, self._stopping.wait)

    def _changes(self):
        return folder_changes(self.folder, self._stopping, self._polling_seconds, self.told.append)

    def _is_built(self) -> bool:
        is_built = self.builds[-1:] == [loader.digest(self.folder)]
        self._looked.set()
        return is_built

    def _build(self) -> JobResult:
        result = self.results.pop(0) if self.results else JobResult(JobState.SUCCEEDED, report="it is live")
        if result.state is not JobState.FAILED:
            self.builds.append(loader.digest(self.folder))
        return result


def wait_until(is_so, told):
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline, told
        time.sleep(0.01)


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A copy of the small knowledge folder that was built already; start it to have it watched."""
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.2)
    watched = Watched(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"))
    watched.builds.append(loader.digest(watched.folder))
    yield watched
    watched.stop()


ENTRY = "## Is it new? {#new}\n\n### Answer\n\nYes.\n"


def test_what_was_built_already_is_left_alone(watched):
    watched.start()
    watched.settle()

    assert (len(watched.builds), watched.told) == (1, [])


def test_what_changed_while_nobody_watched_is_built(watched):
    watched.write("en/new.md", ENTRY)
    watched.start().wait_for("it is live")

    assert watched.told == ["changed: the knowledge; building", "it is live"]


def test_many_changes_are_built_once_and_named(watched):
    watched.start()
    for name in ("en/new.md", "zh/new.md", "en/shop.md"):
        watched.write(name, ENTRY)
    watched.wait_for_builds(2)
    watched.settle()

    assert len(watched.builds) == 2
    assert watched.told[0] == "changed: en/new.md, en/shop.md, zh/new.md; building"


def test_what_editors_and_importers_leave_aside_is_ignored(watched):
    watched.start()
    names = ("en/.new.md.swp", "en/new.md~", "en/~$new.md.tmp", "en/4913", ".importing-1/0", "notes.txt")
    for name in (*names, "faq.rejected.csv"):
        watched.write(name, ENTRY)
    watched.settle()

    assert watched.told == []


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("zh/shop.md", True),
        ("zh", True),
        ("checks.jsonl", True),
        ("zh/.shop.md", False),
        ("zh/#shop.md#", False),
        (".git/index.md", False),
        ("zh/shop.md~", False),
        ("faq.xlsx.rejected.csv", False),
        ("", True),
    ],
)
def test_names_tell_knowledge_from_the_rest(name, counts, tmp_path):
    assert is_knowledge(tmp_path, tmp_path / name) is counts


def test_a_file_replaced_as_editors_do_is_noticed(watched):
    watched.start()
    aside = watched.folder / "en" / ".shop.md.new"
    aside.write_text(ENTRY, "utf-8")
    aside.replace(watched.folder / "en" / "shop.md")

    watched.wait_for("changed: en/shop.md; building")


def test_a_folder_that_comes_with_its_files_is_seen_whole(watched, tmp_path):
    watched.start()
    (tmp_path / "aside" / "deep").mkdir(parents=True)
    (tmp_path / "aside" / "deep" / "new.md").write_text(ENTRY, "utf-8")
    (tmp_path / "aside").rename(watched.folder / "en" / "more")
    watched.wait_for_builds(2)
    watched.write("en/more/deep/newer.md", ENTRY)
    watched.wait_for_builds(3)

    assert watched.builds[-1] == loader.digest(watched.folder)


def test_a_rejected_version_waits_for_the_next_change(watched):
    watched.results = [JobResult(JobState.REJECTED, report="en/new.md:1: error: no answer")]
    watched.start()
    watched.write("en/new.md", "## Is it new? {#new}\n")
    watched.wait_for("waiting for the next change")
    watched.settle()
    assert watched.told == [
        "changed: en/new.md; building",
        "en/new.md:1: error: no answer",
        "the live index stays; waiting for the next change",
    ]

    watched.write("en/new.md", ENTRY)
    watched.wait_for("it is live")


def test_a_rejected_version_that_comes_back_is_told_again(watched):
    rejected = JobResult(JobState.REJECTED, report="1 of 3 checks fail")
    watched.results = [rejected, JobResult(JobState.SUCCEEDED), rejected]
    watched.start()
    for count in (1, 2):
        watched.write("en/new.md", ENTRY)
        wait_until(lambda times=count: watched.told.count("1 of 3 checks fail") == times, watched.told)
        (watched.folder / "en" / "new.md").unlink()
        watched.settle()


def test_of_many_files_a_few_are_named(watched):
    watched.start()
    for number in range(9):
        watched.write(f"en/new-{number}.md", ENTRY.replace("#new", f"#new-{number}"))

    watched.wait_for("changed: en/new-0.md, en/new-1.md, en/new-2.md, en/new-3.md, en/new-4.md and 4 more")


def test_what_failed_for_another_reason_is_tried_again(watched, monkeypatch):
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.3)
    watched.results = [JobResult(JobState.FAILED, report="No space left on device")] * 2
    watched.start()
    watched.write("en/new.md", ENTRY)
    watched.wait_for("it is live")

    assert watched.told.count("No space left on device") == 2


def test_a_version_that_was_rolled_back_stays_so_until_something_changes(watched):
    watched.start()
    watched.write("en/new.md", ENTRY)
    watched.wait_for_builds(2)
    watched.write("en/new.md", ENTRY)
    watched.settle()
    assert len(watched.builds) == 2

    watched.write("en/new.md", ENTRY.replace("Yes", "No"))
    watched.wait_for_builds(3)


@pytest.mark.parametrize("polling_seconds", [0, 0.1])
def test_the_folder_may_go_and_come_back(watched, tmp_path, polling_seconds):
    watched._polling_seconds = polling_seconds
    watched.start()
    watched.folder.rename(tmp_path / "aside")
    watched.wait_for("is not there; waiting for it")
    (tmp_path / "aside" / "en" / "new.md").write_text(ENTRY, "utf-8")
    (tmp_path / "aside").rename(watched.folder)
    watched.wait_for("is there again")
    watched.wait_for_builds(2)
    watched.settle()
    watched.write("en/new.md", ENTRY.replace("Yes", "No"))
    watched.wait_for_builds(3)

    assert watched.builds[-1] == loader.digest(watched.folder)


def test_a_folder_that_is_replaced_at_once_is_watched_too(watched, tmp_path):
    watched.start()
    shutil.copytree(watched.folder, tmp_path / "next")
    (tmp_path / "next" / "en" / "new.md").write_text(ENTRY, "utf-8")
    watched.folder.rename(tmp_path / "last")
    (tmp_path / "next").rename(watched.folder)
    watched.wait_for_builds(2)
    watched.settle()
    watched.write("en/new.md", ENTRY.replace("Yes", "No"))

    watched.wait_for_builds(3)


def test_a_file_that_cannot_be_read_stops_nothing(watched):
    watched.start()
    dangling = watched.folder / "en" / "gone.md"
    dangling.symlink_to(watched.folder / "nowhere.md")
    watched.wait_for("cannot be read just now")
    watched.settle()
    assert len(watched.told) == 1
    dangling.unlink()
    watched.write("en/new.md", ENTRY)

    watched.wait_for("it is live")


def test_where_the_system_has_no_more_watches_the_folder_is_looked_at(watched, monkeypatch):
    def exhausted(*arguments, force_polling, **options):
        if not force_polling:
            raise OSError("OS file watch limit reached")
        return watch(*arguments, force_polling=force_polling, **options)

    monkeypatch.setattr(watching, "watch", exhausted)
    monkeypatch.setattr(watching, "_FALLBACK_SECONDS", 0.1)
    watched.start()
    watched.write("en/new.md", ENTRY)
    watched.wait_for("it is live")

    assert watched.told[0].startswith("the system cannot tell of changes (OS file watch limit reached)")

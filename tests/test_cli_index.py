"""The index commands as typed: rejected, forced, rolled back, busy, stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from bot import build_report
from bot.operations import Operations
from bot.ports import no_progress
from bot.retrieval import training
from bot.retrieval.locking import Holder, build_lock
from bot.retrieval.versions import VersionStore

pytestmark = pytest.mark.model
MET = {"question": "备案时间", "expected": "filing-time"}
UNMET = {"question": "多谢", "expected": "filing-time"}


@pytest.fixture
def own_index(built, tmp_path) -> VersionStore:
    """A copy of the built index in the folder that ``fresh_cli`` works on."""
    return VersionStore(shutil.copytree(built.index_dir, tmp_path / "index"))


@pytest.fixture(scope="module")
def rejected_once(built, tmp_path_factory) -> Path:
    """Knowledge that lacks a phrasing of the live version's, fails a check, and was rejected."""
    folder = tmp_path_factory.mktemp("rejected")
    knowledge, index = folder / "knowledge", folder / "index"
    shutil.copytree(built.knowledge_dir, knowledge)
    shutil.copytree(built.index_dir, index)
    smalltalk = knowledge / "zh" / "smalltalk.md"
    smalltalk.write_text(smalltalk.read_text("utf-8").replace("- 多谢\n", ""), "utf-8")
    (knowledge / "checks.jsonl").write_text(f"{json.dumps(MET)}\n{json.dumps(UNMET)}", "utf-8")
    result = Operations(built.model_copy(update={"knowledge_dir": knowledge, "index_dir": index})).build(
        no_progress
    )
    (index / "said.txt").write_text("\n".join(build_report.lines(result)), "utf-8")
    return folder


@pytest.fixture
def rejected(rejected_once, fresh_cli, tmp_path):
    """Runs commands on a copy of that; gives them, the index, and the versions live and rejected."""
    for name in ("knowledge", "index"):
        shutil.copytree(rejected_once / name, tmp_path / name)
    store = VersionStore(tmp_path / "index")

    def run(*arguments):
        return fresh_cli(*arguments, knowledge_dir=tmp_path / "knowledge")

    return run, store, store.current(), store.rejected.names()[0]


def test_a_version_that_fails_a_check_is_rejected_forced_and_rolled_back_from(rejected):
    run, store, live, version = rejected
    said = (store.folder / "said.txt").read_text("utf-8")
    assert f"index {version} is rejected: 1 of 2 checks fail, 0 of them met" in said
    assert f"{live} stays live" in said and store.current() == live

    again = run("index", "build")
    assert (again.exit_code, store.current()) == (1, live)
    assert f"index {version} is still rejected: 1 of 2 checks fail" in again.stdout

    forced = run("index", "build", "--force", "--reason", "the shop opens today", "--by", "mei")
    assert (forced.exit_code, store.current()) == (0, version)
    assert "PUBLISHED BY FORCE although 1 of 2 checks fail; by mei: the shop opens today" in forced.stdout
    listed = run("index", "list").stdout
    assert re.search(rf"{version}  live .* 1 of 2 .*\n    forced \S+ by mei: the shop opens today", listed)

    back = run("index", "rollback")
    assert (back.exit_code, store.current()) == (0, live)
    assert (
        back.stdout == f"index {live} is live again\nto return: flask --app wsgi index rollback {version}\n"
    )


def test_a_rejected_version_is_published_as_it_was_kept_by_whoever_answers_for_it(rejected):
    run, store, live, version = rejected
    refused = run("index", "publish", version, "--reason", " ")
    assert refused.exit_code == 2 and "say why" in refused.stderr

    done = run("index", "publish", version[-6:], "--reason", "the shop opens today", "--by", "mei")
    assert (done.exit_code, store.current()) == (0, version)
    assert done.stdout == f"index {version} is live\nto return: flask --app wsgi index rollback {live}\n"
    listed = run("index", "list").stdout
    assert re.search(rf"{version}  live .* 1 of 2 .*\n    forced \S+ by mei: the shop opens today", listed)
    assert run("ask", "备案时间").exit_code == 0


def test_a_check_that_cannot_be_read_is_named_before_anything_is_built(fresh_cli, own_index, knowledge_dir):
    (knowledge_dir / "checks.jsonl").write_text(f'{json.dumps(MET)}\n{{"question": "多谢"}}', "utf-8")
    result = fresh_cli("index", "build", "--again", knowledge_dir=knowledge_dir)

    assert result.exit_code == 1
    assert "checks.jsonl:2" in result.stderr and "embedding" not in result.stderr
    assert len(own_index.names()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--force"], "--force needs --reason"), (["--reason", "why"], "--reason is for --force")],
)
def test_force_and_reason_come_together(fresh_cli, options, words):
    result = fresh_cli("index", "build", *options)

    assert result.exit_code == 2
    assert words in result.stderr


def test_the_first_index_of_a_machine_may_fail_checks(fresh_cli, own_index, knowledge_dir):
    (own_index.folder / "CURRENT").unlink()
    (knowledge_dir / "checks.jsonl").write_text(json.dumps(UNMET), "utf-8")
    result = fresh_cli("index", "build", "--force-first", knowledge_dir=knowledge_dir)

    assert (result.exit_code, own_index.current()) == (0, own_index.names()[0])
    assert "PUBLISHED BY FORCE although 1 of 1 checks fail" in result.stdout


def test_a_second_build_says_who_builds_and_since_when(fresh_cli, own_index):
    with build_lock(own_index.folder, Holder(4711, "mei", "2026-11-22T12:00:00+00:00")):
        result = fresh_cli("index", "build")

    assert result.exit_code == 75
    assert "the index is being built by process 4711 (mei) since 2026-11-22T12:00:00+00:00" in result.stderr
    assert "--wait" in result.stderr


def test_the_lock_of_a_process_that_is_gone_holds_nobody_up(fresh_cli, own_index):
    with build_lock(own_index.folder, Holder(4711, "mei", "long ago")):
        pass

    assert fresh_cli("index", "build", "--wait").exit_code == 0


@pytest.fixture
def in_the_foreground():
    """Ctrl-C reaches the tests as it does commands in a terminal; what runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("in_the_foreground")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_that_is_stopped_says_so_and_leaves_nothing(fresh_cli, own_index, monkeypatch, number):
    def stopped(*_, **__):
        os.kill(os.getpid(), number)
        time.sleep(60)  # until the signal is here, which another thread may have been given

    monkeypatch.setattr(training, "train", stopped)
    live = own_index.current()
    result = fresh_cli("index", "build", "--again")

    assert result.exit_code == 130
    assert result.stderr.endswith(f"stopped: nothing was published; index {live} stays live\n")
    assert (own_index.names(), list(own_index.folder.glob(".building*"))) == ([live], [])


# Looking


def test_list_shows_live_older_and_rejected_versions(rejected):
    run, _, live, version = rejected
    head, newest, oldest = run("index", "list").stdout.splitlines()

    assert " ".join(head.split()) == "version state built (UTC) entries phrasings checks met model"
    assert newest.startswith(f"{version}  rejected ") and "      6       107      1 of 2  " in newest
    assert oldest.startswith(f"{live}  live ") and "not asked  intfloat/multilingual-e5-small" in oldest


def test_diff_compares_the_live_version_with_the_newest_other_one(rejected):
    run, _, live, version = rejected
    text = run("index", "diff").stdout

    assert text.startswith(f"{live} → {version}\nentries: 0 added, 0 removed, 1 reworded\n")
    assert '    phrasings: removed "多谢"\n' in text
    assert f"checks: no results are kept of {live}\n" in text
    assert run("index", "diff", version, "live").stdout.startswith(f"{version} → {live}\n")


def test_verify_names_what_is_damaged(fresh_cli, own_index):
    live = own_index.current()
    assert fresh_cli("index", "verify").stdout == f"index {live} (live) is whole\n"

    (own_index.folder / live / "phrasing.faiss").write_bytes(b"")
    result = fresh_cli("index", "verify", "live")
    assert result.exit_code == 1
    assert f"index {live} (live) cannot serve: index {live}: SHA-256 of phrasing.faiss is " in result.stdout


def test_prune_says_what_it_deleted(fresh_cli, own_index):
    live = own_index.current()
    shutil.copytree(own_index.folder / live, own_index.folder / "20200101T000000Z-old")
    result = fresh_cli("index", "prune", "--keep", "0")

    assert result.stdout == "deleted 20200101T000000Z-old\n1 deleted, 1 there\n"


@pytest.mark.parametrize("command", [["list"], ["diff"], ["rollback"], ["verify"]])
def test_without_an_index_the_remedy_is_named(fresh_cli, command):
    result = fresh_cli("index", *command)

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no ") and "flask --app wsgi index" in result.stderr

"""The difference of two versions, as an operator reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks import CheckResult, CheckRun
from bot.domain import Phrasing
from bot.errors import IndexMissingError, IndexUnusableError
from bot.version_diff import diff, lines
from bot.versions_overview import resolve
from tests.fakes import PLACE, make_entry
from tests.retrieval.fakes import FEES, FEES_EN, NAMES, build, knowledge

OTHER_FEES = replace(
    FEES,
    answer="认证费每年六十元。\n\n个人不用认证。",
    phrasings=(*FEES.phrasings[1:], Phrasing("年审收钱吗", PLACE)),
    topic="money",
)
MOVED = replace(NAMES, place=replace(PLACE, line=99))
NEW = make_entry("icon", "图标可以换吗？")


def result(check: str, *, right: bool, given: str = "answer:fees") -> CheckResult:
    return CheckResult(check, "fees", given, 0.91, right)


def told(store, *runs: CheckRun | None) -> str:
    old, new = store.names()
    return "\n".join(lines(diff(store, old, new, runs or (None, None))))


@pytest.fixture
def changed(store):
    """Two versions: an entry added, one removed, one reworded, one only moved in its file."""
    build(store, knowledge(FEES, FEES_EN, NAMES))
    build(store, knowledge(OTHER_FEES, MOVED, NEW, digest="e" * 64))
    return store


@pytest.fixture
def store(tmp_path):
    from bot.retrieval.versions import VersionStore

    return VersionStore(tmp_path / "index")


def test_entries_added_removed_and_reworded_are_named_with_what_changed(changed):
    text = told(changed)

    assert "entries: 1 added, 1 removed, 1 reworded\n" in text
    assert "+ icon (zh, zh/made-up.md:1): 图标可以换吗？\n" in text
    assert "- fees (en, zh/made-up.md:1): How much does verification cost?\n" in text
    assert "~ fees (zh, zh/made-up.md:1): 小程序认证要多少钱？\n" in text
    assert '    phrasings: added "年审收钱吗"; removed "认证费用是多少"\n' in text
    assert '    answer: "认证费每年三十元。 个人不用认证。" → "认证费每年六十元。 个人不用认证。"\n' in text
    assert '    topic: "types" → "money"\n' in text


def test_checks_lost_won_and_otherwise_changed_are_told(changed):
    before = CheckRun("d", (result("一", right=True), result("二", right=False), result("三", right=True)))
    after = CheckRun(
        "d", (result("一", right=False, given="abstain"), result("二", right=True), result("四", right=True))
    )
    text = told(changed, before, after)

    assert "checks: 1 lost, 1 won, 2 otherwise changed" in text
    assert "  lost: 一\n    expected fees; answer:fees (0.910) → abstain (0.910)" in text
    assert "  newly asked: 四\n    expected fees; not asked → answer:fees (0.910)" in text
    assert "  no longer asked: 三" in text


def test_versions_that_were_not_checked_are_named(changed):
    assert told(changed).endswith(f"checks: no results are kept of {', '.join(changed.names())}")


def test_the_same_version_has_no_differences(changed):
    name, run = changed.names()[0], CheckRun("d", (result("一", right=True),))

    assert lines(diff(changed, name, name, (run, run)))[1:] == [
        "entries: 0 added, 0 removed, 0 reworded",
        "checks: 0 lost, 0 won, 0 otherwise changed",
    ]


def test_a_damaged_version_is_not_compared(changed):
    old, new = changed.names()
    (changed.folder / old / "phrasing.faiss").write_bytes(b"")

    with pytest.raises(IndexUnusableError, match=r"phrasing\.faiss"):
        diff(changed, old, new, (None, None))


def test_a_version_is_named_by_a_part_that_no_other_has(changed):
    old, new = changed.names()

    assert [resolve(changed, name) for name in (old, "dddd", "live")] == [old, old, new]
    with pytest.raises(IndexMissingError, match=rf"'2026' may be {old} or {new}"):
        resolve(changed, "2026")
    with pytest.raises(IndexMissingError, match=r"'2027' is no version; see: .*index list"):
        resolve(changed, "2027")

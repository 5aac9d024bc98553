"""The gate: what is published, what is kept aside, and what customers never notice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.build_report import lines
from bot.build_result import Outcome
from bot.errors import IndexMissingError, IndexUnusableError
from bot.evaluation import Dialogue, Labelled
from bot.retrieval.history import Action
from tests.fakes import make_entry
from tests.publishing import FIRST, FORCED, MET, UNMET, Desk
from tests.retrieval.fakes import (
    FEES,
    NAMES,
    REVIEW,
    BrokenEmbedder,
    FickleEmbedder,
    HashEmbedder,
    knowledge,
)

REMEDY = "flask --app wsgi index build"
# Without the entry on names, which check MET asks for.
POORER = knowledge(FEES, REVIEW, digest="e" * 64)
UNSOUND = knowledge(FEES, make_entry("shop", "怎么开店？", related=("gone",)), digest="f" * 64)


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path / "index")


def test_a_version_that_meets_its_checks_is_live(desk):
    result = desk.build(checks=[MET, Labelled("今天天气怎么样", ())])

    assert (result.outcome, result.live) == (Outcome.PUBLISHED, result.version)
    assert desk.store.current() == result.version
    assert "checks: 2 of 2 met" in lines(result)


def test_without_checks_it_is_live_and_says_that_nothing_was_asked(desk):
    assert "no checks were asked: the knowledge folder has no checks.jsonl" in lines(desk.build())


def test_a_version_that_fails_a_check_is_kept_aside_and_the_live_one_stays(desk):
    live = desk.build(checks=[MET]).version
    result = desk.build(POORER, checks=[MET])

    assert (result.outcome, result.live, desk.store.current()) == (Outcome.REJECTED, live, live)
    assert desk.store.names() == [live]
    assert desk.store.rejected.verified(result.version).knowledge_digest == POORER.digest


def test_the_report_names_question_expected_given_confidence_and_what_the_live_version_does(desk):
    desk.build(checks=[MET])
    result = desk.build(POORER, checks=[MET, UNMET])
    report = result.report.read_text("utf-8")

    assert "2 of 2 checks fail, 1 of them met by the live version" in report
    assert "  怎么改名\n    names → " in report
    assert "  审核要多久\n    names → answer:review, 1.000; the live version fails it too\n" in report
    assert report.index("怎么改名") < report.index("审核要多久")
    assert REMEDY in report and "--force --reason" in report
    # What the command prints names the report besides.
    assert f"the whole report is in {result.report}" in lines(result)


def test_a_dialogue_is_checked_turn_by_turn(desk):
    dialogue = Dialogue("d1", (MET, Labelled("认证收费吗", ("review",))))
    result = desk.build(checks=[dialogue])

    (failed,) = result.verdict.failed
    assert (result.verdict.asked, failed.result.check) == (2, "d1, turn 2: 认证收费吗")


def test_a_long_list_of_failures_is_cut_for_a_reader_but_not_in_the_report(desk):
    checks = [Labelled(f"问题{number}", ("names",)) for number in range(60)]
    result = desk.build(checks=checks)

    assert "  … and 10 more" in lines(result)
    assert "问题59" in result.report.read_text("utf-8")


def test_errors_of_lint_are_told_before_anything_is_built(desk):
    live = desk.build().version
    result = desk.build(UNSOUND)

    assert (result.outcome, result.manifest, desk.built) == (Outcome.REJECTED, None, 1)
    assert desk.store.current() == live
    expected = 'zh/made-up.md:1: error: entry "shop": related id "gone" does not exist'
    assert expected in lines(result) and expected in result.report.read_text("utf-8")


def test_the_live_version_is_asked_only_what_it_was_not_asked_before(desk):
    live = desk.build(checks=[MET]).version
    desk.build(POORER, checks=[MET])
    assert desk.asked_of_live == []

    desk.build(POORER, checks=[MET, UNMET])
    assert desk.asked_of_live == [live]


# What was built before


def test_unchanged_knowledge_keeps_the_live_version(desk):
    live = desk.build(checks=[MET]).version
    again = desk.build(checks=[MET])

    assert (again.outcome, again.version, desk.built) == (Outcome.UNCHANGED, live, 1)
    assert lines(again)[0].startswith(f"nothing has changed: index {live} stays live")


def test_new_code_that_normalises_makes_a_new_version(desk):
    desk.build()
    desk.maker = "another"

    assert (desk.build().outcome, desk.built) == (Outcome.PUBLISHED, 2)
    assert desk.build().outcome == Outcome.UNCHANGED


@pytest.mark.parametrize(
    "change",
    [
        {"base": knowledge(NAMES, digest="e" * 64)},
        {"embedder": HashEmbedder("salted")},
        {"again": True},
    ],
    ids=["knowledge", "model", "again"],
)
def test_a_change_makes_a_new_version_live_and_keeps_the_old(desk, change):
    old = desk.build().version
    new = desk.build(**change)

    assert (new.outcome, desk.store.names()) == (Outcome.PUBLISHED, [old, new.version])


def test_a_damaged_live_version_is_built_again(desk):
    old = desk.build().version
    (desk.store.folder / old / "entries.jsonl").write_text("{}")

    result = desk.build()
    assert (result.outcome, result.live != old) == (Outcome.PUBLISHED, True)


def test_a_rejected_version_is_not_built_again_while_nothing_changed(desk):
    desk.build(checks=[MET])
    first = desk.build(POORER, checks=[MET])
    second = desk.build(POORER, checks=[MET])

    assert (desk.built, second.version) == (2, first.version)
    assert f"index {first.version} is still rejected" in lines(second)[0]


def test_a_rejected_version_is_published_once_its_checks_are_mended(desk):
    first = desk.build(checks=[UNMET])
    second = desk.build(checks=[MET])

    assert (desk.built, second.outcome, second.version) == (1, Outcome.PUBLISHED, first.version)
    assert desk.store.rejected.names() == [] and not first.report.exists()


def test_knowledge_that_is_taken_back_makes_its_version_live_again_without_building(desk):
    first = desk.build().version
    desk.build(POORER)
    again = desk.build()

    assert (again.version, again.outcome, desk.built) == (first, Outcome.PUBLISHED, 2)
    assert "is live, built before: 3 entries" in lines(again)[0]


def test_the_same_errors_of_lint_are_reported_in_one_place(desk):
    assert desk.build(UNSOUND).report == desk.build(UNSOUND).report


# By force


def test_force_publishes_what_fails_and_records_who_and_why(desk):
    result = desk.build(checks=[UNMET], override=FORCED)

    assert (result.outcome, desk.store.current()) == (Outcome.PUBLISHED, result.version)
    assert "PUBLISHED BY FORCE although 1 of 1 checks fail; by mei: the shop opens today" in lines(result)
    (event,) = desk.store.history.events()
    assert (event.action, event.by, event.reason) == (Action.FORCE, "mei", "the shop opens today")


def test_force_publishes_the_rejected_version_without_building_it_again(desk):
    rejected = desk.build(checks=[UNMET]).version
    forced = desk.build(checks=[UNMET], override=FORCED)

    assert (forced.version, desk.built, desk.store.current()) == (rejected, 1, rejected)


def test_force_publishes_knowledge_with_errors_of_lint(desk):
    result = desk.build(UNSOUND, override=FORCED)

    assert result.outcome is Outcome.PUBLISHED
    assert any("1 errors of lint" in line for line in lines(result))


def test_force_is_not_recorded_where_it_was_not_needed(desk):
    desk.build(checks=[MET], override=FORCED)

    assert [event.action for event in desk.store.history.events()] == [Action.PUBLISH]


def test_a_version_that_cannot_be_loaded_is_not_published_even_by_force(desk):
    live = desk.build().version
    with pytest.raises(IndexUnusableError, match="model_checksum is fickle-"):
        desk.build(POORER, embedder=FickleEmbedder(), override=FORCED)

    assert (desk.store.current(), desk.store.names()) == (live, [live])


def test_the_first_version_on_a_machine_may_be_published_although_checks_fail(desk):
    result = desk.build(checks=[UNMET], override=FIRST)

    assert result.outcome is Outcome.PUBLISHED
    assert any(line.startswith("PUBLISHED BY FORCE") for line in lines(result))


def test_once_something_is_live_the_next_version_must_pass(desk):
    live = desk.build(checks=[MET], override=FIRST).version
    result = desk.build(POORER, checks=[MET], override=FIRST)

    assert (result.outcome, result.live) == (Outcome.REJECTED, live)


def test_the_first_version_must_be_free_of_errors_of_lint_all_the_same(desk):
    assert desk.build(UNSOUND, override=FIRST).outcome is Outcome.REJECTED


# Whatever happens


def test_a_build_that_fails_leaves_the_live_version_and_nothing_else(desk):
    live = desk.build().version
    before = desk.names()
    with pytest.raises(RuntimeError, match="out of memory"):
        desk.build(POORER, embedder=BrokenEmbedder("other"))

    assert (desk.store.current(), desk.names()) == (live, before)


def test_what_a_killed_build_left_is_cleaned_up_by_the_next(desk):
    desk.store.folder.mkdir()
    for name in (".building-dead", ".removed-dead"):
        (desk.store.folder / name).mkdir()
        (desk.store.folder / name / "half.faiss").write_bytes(b"half")
    desk.build()

    assert [name for name in desk.names() if name.startswith(".")] == []


def test_two_builds_in_one_second_have_names_of_their_own(desk):
    first = desk.build().version
    desk.now -= timedelta(minutes=1)
    second = desk.build(again=True).version

    assert second == f"{first}-2" == desk.store.current()


class RolledBackMeanwhile(HashEmbedder):
    """While it embeds, somebody makes another version live."""

    def __init__(self, store, version: str) -> None:
        super().__init__()
        self._roll_back = lambda: store.publish(version)

    def embed_passages(self, *given):
        self._roll_back()
        return super().embed_passages(*given)


def test_a_roll_back_during_a_build_is_not_undone_by_it(desk):
    old = desk.build().version
    desk.build(POORER)
    third = knowledge(NAMES, digest="a" * 64)
    overtaken = desk.build(third, embedder=RolledBackMeanwhile(desk.store, old))

    assert (overtaken.outcome, overtaken.live, desk.store.current()) == (Outcome.OVERTAKEN, old, old)
    assert f"index {overtaken.version} is built but not live" in lines(overtaken)[0]

    published = desk.build(third)
    assert (published.version, desk.built) == (overtaken.version, 3)


def test_nothing_was_ever_live_before_the_first_build(desk):
    with pytest.raises(IndexMissingError):
        desk.store.current()
    assert desk.build(checks=[UNMET]).live == ""

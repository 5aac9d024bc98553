"""The list of entries and one entry: what is shown, in which order, and what counts as stale."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from bot.admin.desk.entry_list import is_stale
from bot.domain import Verdict
from tests.admin.desk.conftest import Operator, reading_app
from tests.fakes import FakeIndex, make_entry

TODAY = date(2026, 11, 22)
DAY = 24 * 60.0


@pytest.fixture
def listed(reader):
    """Language and id of the entries on the list, in order."""
    link = re.compile(r'<td><a href="/admin/entries/([^"]+)"')
    return lambda query="": link.findall(reader.get(f"/entries{query}").text)


@pytest.mark.parametrize(
    ("as_of", "is_volatile", "stale"),
    [
        ("2026-11-22", True, False),
        ("2026-08-24", True, False),
        ("2026-08-23", True, True),
        ("2026-08", True, False),
        ("2026-07", True, True),
        ("2026", True, False),
        ("2025", True, True),
        ("", True, True),
        ("2025-11-22", False, False),
        ("2025-11-21", False, True),
        ("2025", False, False),
        ("2024-12", False, True),
        ("", False, False),
        ("2026-02-31", False, False),
        ("2026-02-31", True, True),
        ("9999-12", True, False),
        ("0000", False, True),
    ],
)
def test_an_answer_is_stale_after_a_year_and_what_may_change_after_90_days(as_of, is_volatile, stale):
    entry = make_entry("fees", "多少钱", as_of=as_of, is_volatile=is_volatile)

    assert is_stale(entry, TODAY) is stale


def test_all_entries_are_listed_with_the_most_asked_first(listed, log):
    log.ask("备案要多久")
    log.ask("备案要多久", language="zh-Hant")
    log.ask("How long does filing take?", language="en")

    assert listed() == ["zh/filing", "en/filing", "zh/fees"]


def test_an_entry_of_one_language_only_counts_what_was_asked_in_the_other(reader, log):
    log.ask("多少钱", entry="fees")
    log.judge(log.ask("how much?", entry="fees", language="en"), Verdict.UP)
    page = reader.get("/entries/zh/fees").text

    assert re.findall(r"<dt>(?:Asked|Thumbs up|Thumbs down)</dt><dd>(\d+)</dd>", page) == ["2", "1", "0"]
    assert "how much?" in page


def test_entries_are_sorted_by_thumbs_down_by_time_and_by_staleness(listed, log):
    log.ask("备案要多久", 9)
    log.ask("备案要多久", 9)
    log.judge(log.ask("多少钱", 5, entry="fees"), Verdict.DOWN)
    log.ask("How long does filing take?", 1, language="en")

    assert listed("?sort=down")[0] == "zh/fees"
    assert listed("?sort=last") == ["en/filing", "zh/fees", "zh/filing"]
    assert listed("?sort=stale") == ["zh/filing", "zh/fees", "en/filing"]
    assert listed("?sort=old")[0] == "zh/filing"


def test_the_list_can_be_narrowed(listed, log):
    log.ask("备案要多久", 3 * DAY)

    assert listed("?text=店铺") == ["zh/fees"]
    assert listed("?text=FILING&language=en") == ["en/filing"]
    assert listed("?topic=payment") == ["zh/fees"]
    assert listed("?only=stale") == ["zh/filing"]
    assert listed("?only=volatile") == ["zh/fees"]
    assert sorted(listed("?only=never")) == ["en/filing", "zh/fees"]
    assert len(listed("?only=never&period=today")) == 3
    assert len(listed("?sort=nothing&only=nothing&start=-5")) == 3


def test_a_search_without_a_find_says_so(reader):
    page = reader.get("/entries?text=找不到").text

    assert "No entry matches." in page
    assert "0 entries" in page


def test_an_entry_shows_all_that_it_says(reader, log):
    log.ask("店里怎么收钱", entry="fees")
    page = reader.get("/entries/zh/fees").text

    assert "<h1" in page and "开店要交多少钱</h1>" in page
    assert "<strong>开店费</strong>" in page
    assert "<td>300 元</td>" in page
    assert "<li>店铺收费吗</li>" in page
    assert "2026-10" in page
    assert '<a href="https://shop.example/fees"' in page
    assert 'href="/admin/entries/zh/fees/edit"' in page
    assert "/admin/console?question=%E5%BC%80%E5%BA%97" in page
    assert '<a href="/admin/entries/zh/filing" lang="zh">备案要多久</a>' in page
    assert "店里怎么收钱" in page
    assert "<script>alert" not in page


def test_an_entry_leads_to_the_same_in_the_other_language(reader):
    assert 'href="/admin/entries/en/filing"' in reader.get("/entries/zh/filing").text
    assert 'href="/admin/entries/en/fees"' not in reader.get("/entries/zh/fees").text


@pytest.mark.parametrize("path", ["/entries/en/fees", "/entries/zh/nothing", "/entries/fr/fees"])
def test_an_entry_that_is_not_there_is_not_found(reader, path):
    assert reader.get(path).status_code == 404


def test_the_list_leads_to_a_new_entry(reader):
    assert 'href="/admin/entries/new"' in reader.get("/entries").text


def test_an_entry_with_any_id_can_be_edited(reader, stores, reports):
    odd = replace(reports, index=lambda: FakeIndex(make_entry("50%?#1", "打几折")))
    operator = Operator(reading_app(stores, odd))
    operator.log_in()
    page = operator.get("/entries/zh/50%25%3F%231").text

    assert 'href="/admin/entries/zh/50%25%3F%231/edit"' in page

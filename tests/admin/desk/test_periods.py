"""Which time a page is about: hours and days of the operator's time zone, whatever its clocks do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.admin.desk.periods import period
from bot.reports_questions import Span
from tests.admin.desk.conftest import NOW, SHANGHAI

HOUR, DAY = 3600.0, 86400.0


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_today_is_cut_into_hours_and_compared_with_yesterday_until_now():
    today = period("today", NOW, SHANGHAI, None)

    assert today.span == Span(at("2026-11-22"), at("2026-11-23"))
    assert [part.label for part in today.parts][:3] == ["00", "01", "02"]
    assert len(today.parts) == 24
    assert today.span_before == Span(at("2026-11-21"), at("2026-11-21T10:30"))


@pytest.mark.parametrize(("name", "first", "before"), [("7", 16, "2026-11-09"), ("30", 24, "2026-09-24")])
def test_days_end_with_today_and_are_compared_with_as_many_before(name, first, before):
    days = period(name, NOW, SHANGHAI, None)

    assert len(days.parts) == len(days.before) == int(name)
    assert days.parts[0].label == ("11-16" if name == "7" else f"10-{first}")
    assert days.parts[-1].name == "2026-11-22"
    assert days.span_before == Span(at(before), NOW - int(name) * DAY)
    assert all(a.span.end == b.span.start for a, b in zip(days.parts, days.parts[1:], strict=False))


def test_all_that_is_kept_begins_with_the_first_question_and_is_compared_with_nothing():
    kept = period("all", NOW, SHANGHAI, at("2026-11-20T23:59"))

    assert [part.label for part in kept.parts] == ["11-20", "11-21", "11-22"]
    assert kept.before == ()
    assert kept.span_before is None


def test_many_days_are_shown_by_the_month():
    kept = period("all", NOW, SHANGHAI, at("2025-12-31T10:00"))

    assert [part.label for part in kept.parts] == ["2025-12", *(f"2026-{n:02}" for n in range(1, 12))]
    assert kept.span == Span(at("2025-12-01"), at("2026-12-01"))


def test_nothing_kept_is_today():
    assert [part.name for part in period("all", NOW, SHANGHAI, None).parts] == ["2026-11-22"]


@pytest.mark.parametrize("name", ["", "90", "'; --"])
def test_a_period_that_there_is_not_is_today(name):
    assert period(name, NOW, SHANGHAI, None).name == "today"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_where_clocks_change_a_day_has_the_hours_it_has(day, hours):
    berlin = ZoneInfo("Europe/Berlin")
    today = period("today", at(f"{day}T12:00", berlin), berlin, None)
    week = period("7", at(f"{day}T12:00", berlin), berlin, None)

    assert len(today.parts) == hours
    assert week.parts[-1].span == today.span
    assert today.span.end - today.span.start == hours * HOUR
    assert week.span_before.end == at(f"{day[:8]}{int(day[8:]) - 7}T12:00", berlin)

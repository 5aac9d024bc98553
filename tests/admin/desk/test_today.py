"""The first page: figures of a period and what they are compared with, and what to do next."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.domain import JobResult, JobState, Verdict
from bot.errors import IndexUnusableError
from tests.admin.desk.conftest import NAME, PASSWORD, Operator, reading_app

DAY = 24 * 60.0


def tiles(page):
    """Title -> value, change and detail of the big figures."""
    listed = re.findall(r"<dt>(.*?)</dt>(.*?)</div>", page.text, re.DOTALL)
    return {title: re.findall(r"<dd[^>]*>(.*?)</dd>", values) for title, values in listed}


def test_without_questions_the_page_says_what_to_do(reader):
    page = reader.get("/")

    assert page.status_code == 200
    assert "Nobody has asked anything in this time." in page.text
    assert "Nothing waits for you." in page.text
    assert tiles(page)["Questions"] == ["0", "unchanged"]
    assert tiles(page)["Answered"] == ["–"]


def test_the_figures_of_today_are_compared_with_yesterday_until_this_time(reader, log):
    for n in range(3):
        log.ask("备案要多久", 60 * n, user=f"u{n}", latency_ms=4.0)
    log.ask("天气如何", outcome="abstain", entry="", latency_ms=9.0)
    log.ask("备案要多久", DAY + 1, latency_ms=6.0)
    log.ask("备案要多久", DAY - 1)  # later yesterday than it is now
    shown = tiles(reader.get("/"))

    assert shown["Questions"] == ["4", "▲ 300%"]
    assert shown["Answered"] == ["75%", "▼ 25 points"]
    assert shown["Users"] == ["3", "▲ 200%"]
    assert shown["Time to answer"] == ["4.0 ms", "▼ 2.0 ms", "95% within 9.0 ms"]
    assert shown["Thumbs up"] == ["–", "0 up, 0 down"]


def test_a_longer_period_has_more_in_it(reader, log):
    for days in (0, 6, 8, 29, 31):
        log.ask("备案要多久", days * DAY, user=f"u{days}")

    assert [
        tiles(reader.get(f"/?period={name}"))["Questions"][0] for name in ("today", "7", "30", "all")
    ] == ["1", "2", "4", "5"]
    assert tiles(reader.get("/?period=all"))["Users"] == ["5"]


def test_the_chart_has_its_numbers_as_a_table_too(reader, log):
    log.ask("备案要多久", 30)
    log.ask("天气如何", 40, outcome="abstain", entry="")
    page = reader.get("/").text

    assert 'aria-labelledby="chart-title chart-description"' in page
    assert "The highest is 09:00 with 1 of 2 questions." in page
    row = re.search(r'<th scope="row">10:00</th>(.*?)</tr>', page, re.DOTALL)[1]
    assert re.findall(r">(\d+)<", row) == ["1", "1", "0", "0", "0", "0"]


def test_what_is_to_be_done_leads_to_where_it_is_done(reader, log):
    log.ask("天气如何", outcome="abstain", entry="")
    log.ask("备案要多久")
    log.judge(log.ask("开店要交多少钱", entry="fees"), Verdict.DOWN, "答非所问")
    page = reader.get("/").text

    assert '<a href="/admin/unanswered">Teach the bot 1 question it could not answer</a>' in page
    assert "/admin/conversations?verdict=down&amp;since=2026-11-22" in page
    assert "Look at 1 answer that got a thumb down" in page
    assert "Check 1 entry that was asked for and may be out of date" in page
    assert "/admin/entries?sort=stale&amp;only=stale" in page
    assert "答非所问" in page
    assert "Nothing waits for you." not in page


def test_what_is_asked_most_comes_first(reader, log):
    log.ask("备案要多久")
    for _ in range(2):
        log.ask("开店要交多少钱", entry="fees")
    most = reader.get("/").text.split("<h2>Asked most</h2>")[1].split("</section>")[0]

    assert re.findall(r'<a href="([^"]+)"', most)[:2] == [
        "/admin/entries/zh/fees",
        "/admin/entries/zh/filing",
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (JobState.REJECTED, "Read why the last rebuild did not go live"),
        (JobState.FAILED, "Read why the last rebuild did not go live"),
        (JobState.SUCCEEDED, "Nothing waits for you."),
    ],
)
def test_a_rebuild_that_did_not_go_live_is_something_to_do(reader, stores, state, said):
    job, _ = stores.jobs.request()
    stores.jobs.begin(job.id)
    assert "A rebuild is under way" in reader.get("/").text
    stores.jobs.finish(job.id, JobResult(state, "v1", "why"), ())

    assert said in reader.get("/").text


def test_without_an_index_the_page_says_why_and_shows_the_log_all_the_same(stores, reports, log):
    def nothing_serves():
        raise IndexUnusableError("there is no index; run: flask --app wsgi index build")

    stores.desk_access.set_password(NAME, PASSWORD)
    reader = Operator(reading_app(stores, replace(reports, index=nothing_serves)))
    reader.log_in()
    log.ask("备案要多久")
    page = reader.get("/")

    assert page.status_code == 200
    assert "flask --app wsgi index build" in page.text
    assert "备案要多久" in page.text


def test_what_people_write_is_text(reader, log):
    log.judge(log.ask("<script>alert(1)</script>"), Verdict.DOWN, "<img src=x onerror=alert(1)>")
    page = reader.get("/").text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "今日概况"), ("zh-TW", "今日概況")])
def test_the_page_is_in_the_browsers_language(reader, stores, reports, language, title):
    browser = Operator(reading_app(stores, reports), language)
    browser.log_in()

    assert f"<h1>{title}</h1>" in browser.get("/").text

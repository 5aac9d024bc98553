"""Looking through what was asked: filters, pages, one conversation, and the CSV file."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from io import StringIO
from itertools import chain, pairwise

import pytest

from bot.domain import Verdict
from tests.admin.desk.conftest import NOW, SHANGHAI
from tests.admin.desk.test_today import DAY


@pytest.fixture
def listed(reader):
    """The questions on the list, in order."""
    return lambda query="": questions(reader.get(f"/conversations{query}").text)


def questions(page):
    return re.findall(r'<td><a href="[^"]+">(.*?)</a>', page)


def rows(response):
    """The lines of a CSV file, as a spreadsheet program reads them."""
    text = response.get_data().decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_an_empty_log_says_what_to_do(reader):
    page = reader.get("/conversations").text

    assert "Nobody has asked anything yet." in page
    assert 'href="/chat"' in page


def test_the_newest_questions_come_first_with_what_came_of_them(reader, log):
    log.ask("备案要多久", 5)
    log.judge(log.ask("天气如何", outcome="abstain", entry=""), Verdict.DOWN, "没回答")
    page = reader.get("/conversations").text

    assert questions(page) == ["天气如何", "备案要多久"]
    assert "没回答" in page
    assert '<a href="/admin/entries/zh/filing">filing</a>' in page
    assert "2026-11-22 10:25" in page


def test_questions_are_found_by_everything_that_is_known_of_them(listed, log):
    log.ask("How long does Filing take?", language="en", channel="ask")
    log.ask("备案要多久", 2 * DAY, user="u2")
    log.judge(log.ask("天气如何", outcome="abstain", entry="", channel="official:shop"), Verdict.UP)

    assert listed("?text=filing") == ["How long does Filing take?"]
    assert listed("?text=备案") == ["备案要多久"]
    assert listed("?outcome=abstain") == ["天气如何"]
    assert listed("?channel=official:shop") == ["天气如何"]
    assert listed("?language=en") == ["How long does Filing take?"]
    assert listed("?entry=filing&language=zh") == ["备案要多久"]
    assert listed("?verdict=up") == ["天气如何"]
    assert listed("?since=2026-11-20&until=2026-11-20") == ["备案要多久"]
    assert listed("?until=2026-11-21") == ["备案要多久"]
    assert len(listed("?since=2026-11-21")) == 2
    assert listed("?text=找不到") == []


def test_a_search_without_a_find_says_so(reader, log):
    log.ask("备案要多久")

    assert "No question matches." in reader.get("/conversations?text=找不到").text


def test_pages_go_through_all_questions_and_keep_the_filter(reader, log):
    asked = [f"备案 {n}" for n in range(120)]
    for n, question in enumerate(asked):
        log.ask(question, 200 - n)
    log.ask("天气如何", 50)
    seen, address = [], "/conversations?text=备案"
    while address:
        page = reader.get(address).text
        seen.append(questions(page))
        older = re.search(r'rel="next" href="/admin([^"]+)"', page)
        address = older and older[1].replace("&amp;", "&")

    assert [len(page) for page in seen] == [50, 50, 20]
    assert list(chain.from_iterable(seen)) == asked[::-1]
    assert "These are the oldest." in page


@pytest.mark.parametrize(
    "query", ["before=x", "before=1~", "before=nan~1", "before=1~99999999999999999999", "since=yesterday"]
)
def test_a_damaged_address_is_refused_with_what_to_do(reader, query):
    refused = reader.get(f"/conversations?{query}")

    assert refused.status_code == 400
    assert "Start again from the newest questions." in refused.text or "2026-11-22" in refused.text


@pytest.mark.parametrize("query", ["text=%00", "user=%00x", "text=%F0%9F%98%80", "text=" + "x" * 5000])
def test_no_search_breaks_the_page(reader, log, query):
    log.ask("备案要多久")

    assert reader.get(f"/conversations?{query}").status_code == 200


def test_a_conversation_is_all_that_one_user_asked_in_order(reader, log, stores):
    log.ask("备案要多久", 9, latency_ms=12.3)
    log.ask("要什么材料", 8)
    log.judge(log.ask("太慢了", 7, outcome="abstain", entry="", confidence=0.07), Verdict.DOWN, "没用")
    log.ask("别人问的", user="u2")
    user = stores.secrets.user("chat", "u1")
    page = reader.get(f"/conversations/user/{user}").text

    assert re.findall(r'<p class="said">(.*?)</p>', page) == ["备案要多久", "要什么材料", "太慢了"]
    assert "<blockquote>没用</blockquote>" in page
    assert all(text in page for text in ("12.3 ms", "93%", "7%", "20261122-120000", "Web chat"))
    assert "/admin/console?question=" in page
    assert page.count("/admin/unanswered/new?question=") == 1


def test_a_question_on_the_list_leads_to_its_place_in_the_conversation(reader, log, stores):
    log.ask("备案要多久")
    request = log.ask("没有会话的", user="")
    page = reader.get("/conversations").text
    links = re.findall(r'<td><a href="([^"]+)"', page)

    assert links == [
        f"/admin/conversations/request/{request}",
        f"/admin/conversations/user/{stores.secrets.user('chat', 'u1')}#q1",
    ]
    assert "没有会话的" in reader.get(links[0].removeprefix("/admin")).text


def test_a_user_who_was_erased_is_not_found(reader, log, stores):
    log.ask("备案要多久")
    user = stores.secrets.user("chat", "u1")
    stores.user_data().erase("u1", "chat")
    page = reader.get(f"/conversations/user/{user}")

    assert page.status_code == 404
    assert "was erased" in page.text


def test_the_csv_file_holds_what_the_filter_finds_and_runs_no_formulas(reader, log):
    for n in range(1100):
        log.ask(f"备案 {n}", n / 60)
    log.judge(log.ask('=HYPERLINK("https://evil.example","备案")'), Verdict.DOWN, "@SUM(1)")
    log.ask("天气如何", outcome="abstain", entry="")
    response = reader.get("/conversations.csv?text=备案")
    header, first, *others = rows(response)
    newest = dict(zip(header, first, strict=True))

    assert response.headers["Content-Disposition"] == 'attachment; filename="questions-2026-11-22.csv"'
    assert response.mimetype == "text/csv"
    assert newest["question"] == '\'=HYPERLINK("https://evil.example","备案")'
    assert (newest["verdict"], newest["comment"]) == ("down", "'@SUM(1)")
    assert newest["asked_at"] == datetime.fromtimestamp(NOW, SHANGHAI).isoformat(" ", "seconds")
    assert [row[4] for row in others] == [f"备案 {n}" for n in range(1100)]
    assert all(a[0] >= b[0] for a, b in pairwise(others))


def test_an_export_is_noted(reader, log):
    log.ask("备案要多久")
    reader.get("/conversations.csv?text=备案&outcome=answer").get_data()
    page = reader.get("/audit").text

    assert "Exported questions" in page
    assert "text=备案, outcome=answer" in page


def test_a_stranger_sees_nothing(stranger, log):
    log.ask("备案要多久")

    for path in ("/", "/entries", "/conversations", "/conversations.csv"):
        turned_away = stranger.get(path)
        assert turned_away.status_code == 303
        assert "备案" not in turned_away.text


def test_no_page_names_a_user_as_the_channel_does(reader, log, stores):
    log.ask("备案要多久", user="oUser-very-private-001")
    shown = stores.secrets.user("chat", "oUser-very-private-001")
    paths = ("/conversations", "/conversations.csv", "/")
    pages = [reader.get(path).get_data(as_text=True) for path in paths]

    assert shown in pages[0]
    assert not any("oUser" in page for page in pages)

"""Markup in questions, comments and answers: text wherever it is shown."""

from __future__ import annotations

import pytest
from markupsafe import escape

from bot.admin.desk.markdown import to_html
from bot.answering.answerer import Answerer
from bot.domain import Verdict
from bot.wechat.markdown import plain_text
from bot.wechat.menu import menu_link
from tests.fakes import FakeIndex, make_entry

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1) //",
    "{{ 7 * 7 }}{% raw %}",
    "</title></textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_page_of_the_desk_makes_markup_of_what_customers_write(operator, log, attack):
    log.judge(log.ask(attack, outcome="abstain"), Verdict.DOWN, attack)
    paths = ("/", "/?period=all", "/conversations", "/conversations?verdict=down")
    pages = [operator.get(path) for path in paths]
    found = operator.get("/conversations", query_string={"text": attack})

    assert {page.status_code for page in (*pages, found)} == {200}
    assert str(escape(attack)) in found.text or escape(attack).replace("&#34;", "&quot;") in found.text
    for page in (*pages, found):
        assert all(tag not in page.text for tag in ("<script>alert", "<img src=x", "<svg onload", "49{% raw"))
        assert 'href="javascript:' not in page.text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:x", "file:///x"]
)
def test_a_link_in_an_answer_leads_to_web_addresses_only(address):
    answer = f"[look]({address}) <a href='{address}'>x</a>"

    assert "<a " not in plain_text(f"[look]({address})")
    assert "<a " not in str(to_html(answer))


def test_a_tap_carries_no_second_link():
    link = menu_link('x" onclick="y</a><a href="http://evil.example">', "1&msgmenucontent=z")

    assert link.count("<a ") == link.count("</a>") == 1 and link.count('"') == 2
    assert link.count("&") == 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_question_with_markup_is_not_part_of_the_answer(attack):
    answerer = Answerer(lambda: FakeIndex(make_entry("filing", "备案要多久")))

    assert attack not in answerer.answer(attack).text

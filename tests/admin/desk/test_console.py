"""The test console: what it shows is what the command and the channels say, and nothing is kept of it."""

from __future__ import annotations

import html
import json
import re
import shutil

import pytest

from bot.app import create_app
from bot.stores import Stores
from tests.admin.desk.conftest import NAME, PASSWORD, Operator

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def own(built, tmp_path_factory):
    """Settings of a bot whose knowledge folder may be written to."""
    root = tmp_path_factory.mktemp("console")
    shutil.copytree(built.knowledge_dir, root / "knowledge")
    return built.model_copy(update={"knowledge_dir": root / "knowledge", "data_dir": root / "data"})


@pytest.fixture(scope="module")
def console_app(own):
    Stores(own).desk_access.set_password(NAME, PASSWORD)
    return create_app(own)


@pytest.fixture
def browser(console_app):
    browser = Operator(console_app)
    browser.log_in()
    return browser


def words(page: str) -> str:
    """A page as it is read aloud."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def asked(browser, question, **fields) -> str:
    response = browser.get("/console", query_string={"question": question} | fields)
    assert response.status_code == 200, response.text
    return response.text


QUESTION = "我想给小程序备案，大概几天能下来"


def test_it_shows_what_the_command_says(browser, console_app):
    command = console_app.test_cli_runner().invoke(args=["explain", QUESTION, "--json"])
    found = json.loads(command.stdout)
    page = words(asked(browser, QUESTION))

    assert found["why"] in page
    for hit in found["hits"]:
        scores = [hit["score"], *(hit["closeness"][name] for name in ("phrasing", "passage", "lexical"))]
        assert re.search(
            hit["entry_id"] + r" [^0-9-]+ " + " ".join(re.escape(f"{score:.3f}") for score in scores), page
        )
    for value in found["signals"].values():
        assert f"{value:.3f}" in page
    assert f"Index version {found['index_version']}" in page


def test_the_answer_is_that_of_ask_with_its_markdown_rendered(browser, console_app):
    reply = console_app.test_client().post("/ask", json={"question": "开发一个商城要多少钱？"}).json
    page = asked(browser, "开发一个商城要多少钱？")

    shown = json.loads(html.unescape(re.search(r"<pre[^>]*>({.*?})</pre>", page, re.DOTALL)[1]))
    assert shown | {"request_id": ""} == reply | {"request_id": ""}
    assert "<strong>" in page or "<li>" in page or "<p>" in page


def test_both_kinds_of_account_are_shown_with_sizes_and_taps(browser):
    page = asked(browser, QUESTION)

    assert 'aria-label="Official account"' in page and 'aria-label="Mini program"' in page
    official, mini = page.split('aria-label="Mini program"')
    assert re.search(r'<a href="/admin/console\?question=[^"]*">小程序是什么？</a>', official)
    assert "1. 小程序是什么？" in mini and "回复数字即可选择。" in mini
    assert re.search(r"\d+ of 2048 bytes", words(official))


def test_a_channel_may_be_chosen(browser):
    assert 'class="phone"' not in asked(browser, QUESTION, channel="ask")
    mini = asked(browser, QUESTION, channel="mini:sample")
    assert 'aria-label="Mini program"' in mini and 'aria-label="Official account"' not in mini


def test_what_was_asked_before_has_its_say(browser):
    page = words(asked(browser, "要花多少钱", before="开发一个商城要多少钱？"))
    choice = words(asked(browser, "1", before="小程序备案要多久？"))

    assert "开发一个商城要多少钱？" in page
    assert "what was offered or said before is meant: answers" in choice
    assert "Entry what-is" in choice


def test_a_language_may_be_asked_for(browser):
    page = asked(browser, "小程序备案要多久？", language="en")

    assert "Usually one to twenty working days" in page
    assert "English (Simplified Chinese detected)" in words(page)


def test_the_why_is_in_the_language_of_the_page(console_app):
    browser = Operator(console_app, "zh-CN")
    browser.log_in()
    page = words(asked(browser, "小程序备案要多久？"))

    assert "与 filing-time 的一种问法完全一致：作答" in page


def test_questions_asked_here_are_nobodys(browser, console_app, own):
    asked(browser, "今晚的月亮圆不圆")
    console_app.extensions["question_log"].close()

    assert "今晚的月亮圆不圆" not in "".join(
        path.read_bytes().decode("utf-8", "replace") for path in own.data_dir.iterdir()
    )


def test_markup_in_a_question_stays_text(browser):
    page = asked(browser, "<script>alert(1)</script> 备案要多久")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def check(browser, **fields):
    return browser.get("/console/check", query_string=fields)


def test_a_question_becomes_a_check_after_a_look_at_it(browser, own):
    form = check(browser, question=QUESTION, expected="filing-time").text
    assert '{"question": "我想给小程序备案，大概几天能下来", "expected": "filing-time"}' in html.unescape(
        form
    )
    assert "The live version meets it (answer:filing-time)." in words(form)

    done = browser.post("/console/check", question=QUESTION, expected="filing-time")
    assert done.status_code == 303
    lines = (own.knowledge_dir / "checks.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[-1]) == {"question": QUESTION, "expected": "filing-time"}
    assert f"The check is line {len(lines)} of checks.jsonl." in browser.get(done.location[6:]).text
    assert Stores(own).audit.newest(1)[0].action == "Added a check"
    assert "The same is asked already:" in check(browser, question=QUESTION, expected="filing-time").text


def test_a_check_that_the_live_version_fails_is_called_so_beforehand(browser):
    page = words(check(browser, question=QUESTION, expected="-").text)

    assert '"expected": null' in page
    assert "The live version fails it (answer:filing-time)" in page


def test_a_check_may_be_a_dialogue(browser):
    page = words(check(browser, question="1", before="小程序备案要多久？", expected="what-is").text)

    assert '"turns": [{"question": "小程序备案要多久？", "expected": "any"}' in page
    assert "The live version meets it" in page


def test_an_entry_that_does_not_exist_is_refused(browser, own):
    path = own.knowledge_dir / "checks.jsonl"
    before = path.read_bytes() if path.is_file() else b""
    check(browser, question=QUESTION)
    refused = browser.post("/console/check", question=QUESTION, expected="no-such-entry")

    assert refused.status_code == 400
    assert "There is no entry no-such-entry in the live version." in refused.text
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_without_an_index_the_remedy_is_named(operator):
    page = operator.get("/console?question=hi").text

    assert "flask --app wsgi index build" in page
    assert "flask --app wsgi index build" in operator.get("/console/check?question=hi").text

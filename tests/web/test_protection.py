"""A protected bot in a real browser: its own chat, and pages of others that may ask or may not."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from bot.app import create_app
from tests.store.faults import until
from tests.web.conftest import Chat, serving

pytestmark = pytest.mark.model
ASK = """
([address, headers]) => fetch(address + "/ask", {method: "POST", headers, body: '{"question": "备案时间"}'})
    .then(response => response.status, () => "not allowed")
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def protected(built, tmp_path, other_site):
    """Address of a bot that wants keys of everybody, and lets pages of the other site ask."""
    settings = {
        "data_dir": tmp_path,
        "require_key": True,
        "cors_origins": f"http://localhost:{other_site.server_port}",
    }
    app = create_app(built.model_copy(update=settings))
    with serving(app) as address:
        yield address
    app.extensions["close"]()


def test_the_chat_needs_no_key_and_its_questions_are_logged_as_its_own(protected, open_page, tmp_path):
    chat = Chat(open_page(f"{protected}/chat"))
    answer = chat.ask("备案时间")
    answer.get_by_role("button", name="有帮助").click()

    expect(answer.locator(".answer")).to_contain_text("一般要一到二十个工作日")
    expect(answer.locator(".noted")).not_to_be_empty()
    until(lambda: logged(tmp_path) == [("备案时间", "chat")])


def logged(folder):
    with closing(sqlite3.connect(folder / "bot.db")) as connection:
        return connection.execute("SELECT question, channel FROM questions").fetchall()


def test_a_page_that_may_ask_is_asked_for_a_key_and_cannot_pass_for_the_chat(
    protected, open_page, other_site, complaints
):
    page = open_page(f"http://localhost:{other_site.server_port}/")

    assert page.evaluate(ASK, [protected, JSON]) == 401
    assert page.evaluate(ASK, [protected, JSON | {"Bot-Channel": "chat"}]) == "not allowed"
    complaints.clear()


def test_another_page_cannot_ask(protected, open_page, other_site, complaints):
    page = open_page(f"http://127.0.0.1:{other_site.server_port}/")

    assert page.evaluate(ASK, [protected, JSON]) == "not allowed"
    complaints.clear()

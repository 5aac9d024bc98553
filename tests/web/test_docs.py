"""The API page in a real browser, under its policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import serious_issues

pytestmark = pytest.mark.model


def test_a_question_can_be_tried_out_on_the_api_page(bot, open_page):
    page = open_page(f"{bot}/docs")
    page.get_by_text("Ask a question in the address").click()
    page.get_by_placeholder("question").fill("备案时间")
    page.get_by_role("button", name="Execute").click()

    expect(page.get_by_text("一般要一到二十个工作日").first).to_be_visible()


def test_axe_finds_nothing_serious_on_the_api_page(bot, open_page):
    page = open_page(f"{bot}/docs")
    page.get_by_text("Ask a question in the address").wait_for()

    assert serious_issues(page) == []

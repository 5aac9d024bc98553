"""The desk's reports in a real browser: from a question that was asked to what is known of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import DESKTOP, PHONE, serious_issues

pytestmark = pytest.mark.model
PATHS = ("/", "/?period=7", "/entries?sort=stale", "/entries/zh/filing-time", "/conversations")
ASKED = "备案要多久"


def ask(page: Page, question: str, **fields: object) -> dict:
    """Ask as a program does, and wait until it is in the log."""
    body = {"question": question, "session_id": "a-session"} | fields
    origin = page.url.split("/admin")[0]
    reply = page.request.post(f"{origin}/ask", data=body).json()
    verdict = {"request_id": reply["request_id"], "verdict": "down", "comment": "说得不清楚"}
    assert page.request.post(f"{origin}/feedback", data=verdict).status == 204
    return reply


def test_a_question_that_was_asked_is_found_and_followed(open_desk):
    page = open_desk("/", locale="en-GB")
    expect(page.get_by_text("Nobody has asked anything in this time.")).to_be_visible()
    entry = ask(page, ASKED)["entry"]["id"]
    page.reload()
    expect(page.get_by_role("img", name="Questions per hour")).to_be_visible()
    expect(page.get_by_text("说得不清楚").last).to_be_visible()

    page.get_by_role("link", name="Look at 1 answer that got a thumb down").click()
    page.get_by_role("main").get_by_role("link", name=ASKED).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conversation of user")
    page.get_by_role("link", name=entry).click()
    expect(page.get_by_role("definition").first).to_have_text("1")
    page.get_by_role("link", name="All questions it answered").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
    page.get_by_label("Outcome").select_option("abstain")
    expect(page.get_by_text("No question matches.")).to_be_visible()


def test_the_filtered_list_is_downloaded(open_desk):
    page = open_desk("/conversations", locale="en-GB")
    ask(page, ASKED)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    assert download.value.suggested_filename.startswith("questions-")
    assert ASKED in download.value.path().read_text("utf-8-sig")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(open_desk, viewport, scheme):
    page = open_desk("/", viewport=viewport, color_scheme=scheme)
    ask(page, ASKED)
    found = {}
    for path in PATHS:
        page.goto(f"{page.url.split('/admin')[0]}/admin{path}")
        wide = page.evaluate("document.documentElement.scrollWidth") > viewport["width"]
        found[path] = serious_issues(page) + (["wider than the screen"] if wide else [])

    assert [path for path in PATHS if found[path]] == [], found

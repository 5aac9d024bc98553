"""Logging in to the desk in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import DESKTOP, PHONE, log_in, serious_issues

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("locale", "title"), [("zh-CN", "操作记录"), ("zh-TW", "操作記錄"), ("en-GB", "Audit log")]
)
def test_an_operator_logs_in_and_out(open_desk, locale, title):
    page = open_desk("/audit", locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)

    page.locator(".who button").last.click()
    expect(page.locator("input[type=password]")).to_be_focused()
    page.go_back()
    page.reload()
    expect(page.locator("input[type=password]")).to_be_visible()


def test_after_wrong_passwords_even_the_right_one_must_wait(desk, open_page, complaints):
    page = open_page(f"{desk}/admin/audit", locale="en-GB")
    for _ in range(5):
        log_in(page, "wrong wrong wrong")
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    log_in(page)

    expect(page.get_by_role("alert")).to_have_text("Too many wrong attempts. Try again in 15 minutes.")
    complaints.clear()  # browsers complain of every page with a status above 400


def test_a_form_whose_token_was_changed_is_refused(open_desk, complaints):
    page = open_desk("/audit", locale="en-GB")
    page.locator(".who form input[name=csrf_token]").last.evaluate("field => field.value = 'x'.repeat(43)")
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("main")).to_contain_text("This form is out of date.")
    page.goto(page.url.replace("/logout", "/audit"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    complaints.clear()


def test_a_form_on_another_site_is_refused(open_desk, other_site, desk, complaints):
    page = open_desk("/audit", locale="en-GB")
    other_site.page = f'<form method="post" action="{desk}/admin/logout"><button>Win</button></form>'
    page.goto(f"http://localhost:{other_site.server_port}/")
    page.get_by_role("button", name="Win").click()
    page.wait_for_url("**/admin/**")
    page.goto(f"{desk}/admin/audit")

    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    complaints.clear()


def test_a_chosen_language_stays(open_desk):
    page = open_desk("/audit", locale="en-GB")
    page.get_by_role("button", name="简体").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("操作记录")
    page.reload()

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_on_a_phone_the_menu_opens_with_the_keyboard(open_desk):
    page = open_desk("/audit", viewport=PHONE, locale="en-GB")
    link = page.get_by_role("link", name="Audit log")
    expect(link).to_be_hidden()
    page.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(link).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(desk, open_desk, open_page, viewport, scheme):
    options = {"viewport": viewport, "color_scheme": scheme}

    assert serious_issues(open_page(f"{desk}/admin/login", **options)) == []
    assert serious_issues(open_desk("/audit", **options)) == []

"""What nobody could answer becomes an entry that answers, in a real browser and with a real rebuild."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.app import create_app
from bot.settings import Settings
from bot.stores import Stores
from tests.web.conftest import DESKTOP, OPERATOR, PASSWORD, PHONE, serious_issues, serving

pytestmark = pytest.mark.model

ASKED = ("门店附近能停车吗", "门店附近能不能停车")
# A rebuild has a process of its own, and a model to load.
REBUILD = 240_000


@pytest.fixture
def desk(built: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A desk whose knowledge and index may be changed, also by the process of a rebuild."""
    names = ("knowledge_dir", "index_dir", "data_dir")
    folders = {name: tmp_path / name for name in names}
    for name in names[:2]:
        shutil.copytree(getattr(built, name), folders[name])
    for name, folder in folders.items():
        monkeypatch.setenv(f"BOT_{name.upper()}", str(folder))
    settings = built.model_copy(update=folders)
    with closing(Stores(settings)) as stores:
        stores.desk_access.set_password(OPERATOR, PASSWORD)
    with serving(create_app(settings)) as address:
        yield address


def ask(desk: str, question: str) -> dict[str, object]:
    reply = httpx.post(f"{desk}/ask", json={"question": question}, timeout=60)
    return reply.raise_for_status().json()


def open_list(desk: str, open_desk: Callable[..., Page], **options) -> Page:
    """The list with what was asked, which is logged a moment after it was answered."""
    for question in ASKED:
        assert ask(desk, question)["answered"] is False
    time.sleep(1)
    page = open_desk("/unanswered", locale="en-GB", **options)
    expect(page.get_by_role("heading", name=ASKED[1])).to_be_visible(timeout=REBUILD)
    return page


def test_an_unanswered_question_becomes_an_entry_that_answers(desk, open_desk):
    page = open_list(desk, open_desk)
    page.get_by_role("link", name="New entry").click()
    expect(page.get_by_label("Other ways to ask, one a line").first).to_have_value(ASKED[0])
    page.get_by_label("The answer").first.fill("门口有二十个车位，顾客免费停两小时。")
    page.get_by_label("Its topic").fill("basics")
    page.get_by_label("Its sources").fill("T1")
    page.get_by_role("button", name="Look at the change").click()
    expect(page.locator("ins", has_text="门口有二十个车位")).to_be_visible()
    page.get_by_role("button", name="Save and rebuild").click()

    expect(page.get_by_text("Customers get version")).to_be_visible(timeout=REBUILD)
    page.goto(f"{desk}/admin/edits")
    expect(page.get_by_text("Everything in the knowledge folder is live.")).to_be_visible()
    for question in (*ASKED, "门店附近可以停车吗"):
        assert ask(desk, question)["answer"] == "门口有二十个车位，顾客免费停两小时。"
    page.goto(f"{desk}/admin/unanswered")
    expect(page.locator(".empty")).to_be_visible(timeout=REBUILD)


def test_a_change_that_the_gate_refuses_is_explained_and_taken_back(desk, open_desk):
    page = open_list(desk, open_desk)
    page.get_by_role("link", name="New entry").click()
    page.get_by_label("The question").first.fill("什么是小程序")
    page.get_by_label("The answer").first.fill("一样的问题，别的回答。")
    page.get_by_role("button", name="Look at the change").click()
    expect(page.get_by_text("must be mended").first).to_be_visible()
    page.get_by_role("button", name="Save and rebuild").click()

    expect(page.get_by_text("It did not pass")).to_be_visible(timeout=REBUILD)
    expect(page.locator("pre").first).to_contain_text("is already a phrasing of")
    page.get_by_role("link", name="Take a change back").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Everything in the knowledge folder is live.")).to_be_visible()


def test_questions_are_added_to_an_entry_with_two_clicks(desk, open_desk):
    page = open_list(desk, open_desk)
    page.get_by_role("link", name="Add to an existing entry").click()
    page.get_by_label("Look for another entry").fill("备案")
    page.get_by_role("button", name="Look for it").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Look at the change").click()

    expect(page.locator("ins")).to_have_text([f"- {text}" for text in reversed(ASKED)])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(desk, open_desk, viewport, scheme):
    page = open_list(desk, open_desk, viewport=viewport, color_scheme=scheme)
    group = page.get_by_role("link", name="Add to an existing entry").get_attribute("href")
    for path in (
        "/admin/unanswered",
        group,
        "/admin/entries/zh/what-is/edit",
        "/admin/entries/new",
        "/admin/edits",
    ):
        page.goto(f"{desk}{path}")
        assert serious_issues(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

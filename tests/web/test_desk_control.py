"""The desk's control pages in a real browser: going back, following a rebuild, trying a question."""

from __future__ import annotations

import shutil
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import expect

from bot.app import create_app
from bot.domain import JobProgress, JobResult, JobState
from bot.operations import Operations
from bot.ports import no_progress
from bot.stores import Stores
from tests.web.conftest import DESKTOP, OPERATOR, PASSWORD, PATIENCE, PHONE, serious_issues, serving

pytestmark = pytest.mark.model
PROGRESS = JobProgress("embedding", 3, 9, ("12:00:00 embedding",))
LIVE = JobResult(JobState.SUCCEEDED, "v1", "index v1 is live")


@pytest.fixture(scope="module")
def settings(built, tmp_path_factory):
    """A bot that was rebuilt once: what is live says thirty days, what was live says twenty."""
    root = tmp_path_factory.mktemp("control")
    for name in ("knowledge_dir", "index_dir"):
        shutil.copytree(getattr(built, name), root / name)
    folders = {name: root / name for name in ("knowledge_dir", "index_dir", "data_dir")}
    settings = built.model_copy(update=folders)
    shop = settings.knowledge_dir / "zh" / "shop.md"
    shop.write_text(shop.read_text("utf-8").replace("一到二十个工作日", "一到三十个工作日"), "utf-8")
    Operations(settings).build(no_progress)
    return settings


@pytest.fixture
def stores(settings):
    with closing(Stores(settings)) as stores:
        stores.desk_access.set_password(OPERATOR, PASSWORD)
        yield stores


@pytest.fixture
def desk(settings, stores):
    with serving(create_app(settings)) as address:
        yield address


def test_after_going_back_customers_get_the_older_version(desk, open_desk, settings):
    store = Operations(settings).store
    live, (older, *_) = store.current(), store.names()
    page = open_desk("/versions", locale="en-GB")
    page.get_by_role("row", name=older).get_by_role("link", name="Go back to it…").click()
    page.get_by_label("Reason").fill("the law was not passed")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.get_by_role("status")).to_contain_text(f"Index {older} is live.")
    expect(page.get_by_role("row", name=older).first).to_contain_text("live")

    # Every worker looks at the pointer at least twice in this time.
    page.wait_for_timeout(2_000)
    reply = httpx.get(f"{desk}/ask", params={"question": "备案时间"}).json()
    assert (reply["index_version"], older != live) == (older, True)
    assert "二十个工作日" in reply["answer"]


@pytest.mark.parametrize("has_script", [True, False], ids=["with a script", "without"])
def test_a_rebuild_is_followed_without_touching_anything(open_desk, stores, has_script):
    job, _ = stores.jobs.request()
    stores.jobs.begin(job.id)
    page = open_desk(f"/rebuilds/{job.id}", locale="en-GB", java_script_enabled=has_script)
    expect(page.get_by_role("heading", level=1)).to_contain_text("running")

    stores.jobs.note(job.id, PROGRESS)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "3", timeout=PATIENCE)
    expect(page.get_by_text("12:00:00 embedding")).to_be_visible()
    stores.jobs.finish(job.id, LIVE, PROGRESS.log)
    expect(page.get_by_text("Customers get version v1.")).to_be_visible(timeout=PATIENCE)


def test_a_question_is_tried_with_the_keyboard_alone(open_desk):
    page = open_desk("/console", locale="zh-CN")
    page.keyboard.type("备案时间")  # the field has the focus
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="回答 已回答")).to_be_visible()
    expect(page.get_by_role("img", name="把握 1.000")).to_be_visible()
    page.get_by_role("region", name="公众号").get_by_role("link", name="小程序是什么？").click()
    expect(page.get_by_label("问题", exact=True)).to_have_value("小程序是什么？")
    expect(page.get_by_label("每行一个问题，先问的在前")).to_have_value("备案时间")


PAGES = ("/console?question=备案多久，卖食品呢&before=你好", "/versions", "/rebuilds", "/settings")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_are_accessible(desk, open_desk, settings, viewport, scheme):
    page = open_desk("/versions", locale="zh-CN", viewport=viewport, color_scheme=scheme)
    names = Operations(settings).store.names()
    diff, publish = f"/versions/diff?before={names[0]}&after={names[1]}", f"/versions/{names[0]}/publish"
    check = "/console/check?question=备案时间&expected=filing-time"
    for path in (*PAGES, diff, publish, f"/versions/{names[1]}", check):
        page.goto(f"{desk}/admin{path}")

        assert serious_issues(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path

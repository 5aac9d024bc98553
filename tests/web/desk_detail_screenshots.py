"""Pictures of what a list at the desk leads to: ``python -m tests.web.desk_detail_screenshots FOLDER``.

Copies index and knowledge of the settings in force into FOLDER, and changes them there: an edit whose rebuild
is rejected, then one that goes live.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bot.answering.normalising import normalise
from bot.app import create_app
from bot.domain import Entry, Phrasing
from bot.job_running import run_job
from bot.knowledge.drafts import Wish
from bot.knowledge.editing import Editor
from bot.knowledge.loader import parse_each
from bot.knowledge.rows import NOWHERE
from bot.operations import Operations
from bot.rebuilding import rebuilding
from bot.settings import Settings, load_settings
from bot.stores import Stores
from tests.web.conftest import ARGUMENTS, OPERATOR, chromium, serving
from tests.web.desk_screenshots import fill, page_of
from tests.web.screenshots import save

CHANGED = ("zh", "filing-time")
MORE_WAYS_TO_ASK = ("备案一般等多少天", "提交备案后要等几天")
SIZES = (1280, 390)


def main(folder: Path) -> None:
    """Change things, and take a picture of each page that tells of it, wide and narrow."""
    settings = copied(load_settings(), folder)
    fill(settings)
    before = Operations(settings).store.current()
    with closing(Stores(settings)) as stores:
        rejected = rebuilt(settings, stores, related=("an-entry-that-is-not-there",))
        rebuilt(settings, stores, related=(), phrasings=MORE_WAYS_TO_ASK)
    after = Operations(settings).store.current()
    paths = {
        "version": f"/versions/{after}",
        "diff": f"/versions/diff?before={before}&after={after}",
        "rebuild": f"/rebuilds/{rejected}",
    }
    with sync_playwright() as playwright, serving(create_app(settings)) as bot:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS.split())
        for width in SIZES:
            for name, page in detail_pages(browser, bot, width, paths):
                save(page, f"desk-{name}-{width}")
        browser.close()


def copied(settings: Settings, folder: Path) -> Settings:
    """Settings under which everything may be changed."""
    folders = {"knowledge_dir": folder / "knowledge", "index_dir": folder / "index"}
    for name, target in folders.items():
        shutil.copytree(getattr(settings, name), target)
    return settings.model_copy(update=folders | {"data_dir": folder / "data", "database_url": ""})


def rebuilt(
    settings: Settings, stores: Stores, related: tuple[str, ...], phrasings: tuple[str, ...] = ()
) -> str:
    """The number of the rebuild after an edit of the entry."""
    editor = Editor(settings.knowledge_dir, parse_each, normalise)
    entry = next(one for one in editor.base().entries if (one.language, one.id) == CHANGED)
    wish = Wish(CHANGED, changed(entry, related, phrasings), editor.digest(entry))
    editor.save([wish], stores.knowledge_edits())
    job, _ = stores.jobs.request()
    work = rebuilding(Operations(settings), OPERATOR)
    run_job(job.id, stores.jobs, work, lambda: time.strftime("%H:%M:%S"))
    return job.id


def changed(entry: Entry, related: tuple[str, ...], phrasings: tuple[str, ...]) -> Entry:
    known = [name for name in entry.related if not name.startswith("an-entry")]
    more = tuple(Phrasing(text, NOWHERE) for text in phrasings)
    return replace(entry, related=(*known, *related), phrasings=(*entry.phrasings, *more))


def detail_pages(browser: Browser, bot: str, width: int, paths: dict[str, str]) -> Iterator[tuple[str, Page]]:
    for name, path in paths.items():
        yield name, page_of(browser, bot, path, width, "light", "zh-CN")
    page = page_of(browser, bot, "/conversations", width, "light", "zh-CN")
    page.locator('main a[href*="/conversations/user/"]').first.click()
    page.wait_for_url(re.compile("/conversations/user/"))
    yield "conversation", page
    page = page_of(browser, bot, "/entries/zh/filing-time/edit", width, "light", "zh-CN")
    ways = page.locator('[name="zh-phrasings"]')
    ways.fill(f"{ways.input_value()}\n年底备案会不会慢")
    page.locator('button[name="step"][value="preview"]').click()
    page.wait_for_url(re.compile("/entries/draft"))
    yield "preview", page


if __name__ == "__main__":
    main(Path(sys.argv[1]))

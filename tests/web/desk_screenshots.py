"""The documentation's pictures of the desk: ``python -m tests.web.desk_screenshots FOLDER``.

Takes the index of the settings in force, and a database of its own in FOLDER, filled with four weeks of
made-up customers who ask what ``knowledge/checks.jsonl`` and ``FOREIGN`` hold.
"""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.answering.answerer import Answerer
from bot.app import create_app
from bot.domain import AskedQuestion, LoggedQuestion, Verdict
from bot.operations import Operations
from bot.settings import Settings, load_settings
from bot.stores import Stores
from tests.web.conftest import ARGUMENTS, OPERATOR, PASSWORD, chromium, log_in, serving
from tests.web.screenshots import opened, save

# What customers of an agency ask besides, in several words each.
FOREIGN = (
    ("你们周末上班吗", "周六有人吗", "星期天营业不", "你们几点下班"),
    ("能不能开专票", "可以开增值税专用发票吗", "开票要什么资料"),
    ("做好的小程序能卖给别人吗", "小程序转卖合法吗"),
    ("支持接入抖音团购核销吗", "抖音券能在小程序里核销吗", "美团的券能核销吗"),
    ("Can you integrate our ERP?", "does it connect to SAP"),
    ("可以分期付款吗", "开发费能分几次付"),
)
CHANNELS = ("official:default", "mini:default", "chat", "ask")
DAYS, QUESTIONS, DAY = 28, 900, 86400.0
# Milliseconds until unanswered questions are in groups.
SORTING = 60_000
PAGES = {
    "today": "/",
    "unanswered": "/unanswered",
    "entries": "/entries",
    "entry": "/entries/zh/filing-time",
    "edit": "/entries/zh/filing-time/edit",
    "edits": "/edits",
    "conversations": "/conversations",
    "console": "/console?question=个人能做电商小程序吗",
    "versions": "/versions",
    "rebuilds": "/rebuilds",
    "settings": "/settings",
    "audit": "/audit",
}


def main(folder: Path) -> None:
    """Fill the database and take a picture of every page, wide and narrow."""
    settings = load_settings().model_copy(update={"data_dir": folder, "database_url": ""})
    fill(settings)
    with sync_playwright() as playwright, serving(create_app(settings)) as bot:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS.split())
        for width, scheme, locale in ((1280, "light", "zh-CN"), (390, "light", "zh-CN")):
            save(opened(browser, f"{bot}/admin/login", width, scheme, locale), f"desk-login-{width}")
            for name, path in PAGES.items():
                save(page_of(browser, bot, path, width, scheme, locale), f"desk-{name}-{width}")
        save(page_of(browser, bot, "/", 1280, "dark", "en-GB"), "desk-today-1280-dark-en")
        browser.close()


def page_of(browser: Browser, bot: str, path: str, width: int, scheme: str, locale: str) -> Page:
    page = opened(browser, f"{bot}/admin/login", width, scheme, locale)
    log_in(page)
    page.wait_for_url(f"{bot}/admin/")
    page.goto(f"{bot}/admin{path}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("main progress")).to_have_count(0, timeout=SORTING)
    return page


def fill(settings: Settings) -> None:
    """Customers' questions of the last weeks, with the answers that the bot gives them, and verdicts."""
    chance = random.Random(7)
    answerer = Answerer(Operations(settings).live_index())
    lines = (settings.knowledge_dir / "checks.jsonl").read_text("utf-8").splitlines()
    checks = [json.loads(line) for line in lines]
    asked = [check["question"] for check in checks if check["expected"]]
    known = {
        question: AskedQuestion.of(question, answerer.answer(question))
        for question in chance.sample(asked, 150)
    }
    known |= {q: AskedQuestion.of(q, answerer.answer(q)) for group in FOREIGN for q in group}
    foreign = [question for group in FOREIGN for question in group]
    with closing(Stores(settings)) as stores:
        stores.desk_access.set_password(OPERATOR, PASSWORD)
        for number in range(QUESTIONS):
            question = chance.choice(foreign if chance.random() < 0.12 else list(known))
            at = time.time() - DAYS * DAY * chance.betavariate(1, 1.4)
            logged = LoggedQuestion(
                known[question],
                chance.choices(CHANNELS, (50, 25, 20, 5))[0],
                f"customer {chance.randrange(240)}",
                at,
                chance.lognormvariate(2.8, 0.35),
                f"sample-{number}",
            )
            stores.question_rows.add([logged])
            if chance.random() < 0.06:
                verdict = Verdict.UP if chance.random() < 0.8 else Verdict.DOWN
                comment = "没有说到我想问的" if verdict is Verdict.DOWN else ""
                stores.feedback().give(f"sample-{number}", verdict, comment)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

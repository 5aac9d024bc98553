"""Real Chromium against a real server with the small knowledge base, and pages of other people's."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright
from werkzeug.serving import make_server

from bot.app import create_app
from bot.settings import Settings
from bot.stores import Stores

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
PATIENCE = 10_000  # ms
PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1280, "height": 860}
OpenChat = Callable[..., "Chat"]


def chromium() -> str:
    """Where the browser is; a gate that skipped it would say nothing."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return found or pytest.fail("these tests need Chromium: apt-get install chromium", pytrace=False)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS.split())
        yield browser
        browser.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of an app while it is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="package")
def bot(built: Settings) -> Iterator[str]:
    """Address of a bot that pages of localhost may embed."""
    with serving(create_app(built.model_copy(update={"embed_origins": "http://localhost:*"}))) as address:
        yield address


class Chat:
    """The page as its user sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.question = page.get_by_role("textbox")
        self.log = page.get_by_role("log")
        self.answers = page.locator("#exchanges .bot:not(.typing)")
        self.chips = page.locator(".chips .chip")

    def ask(self, text: str) -> Locator:
        """Type and send; the answer's message."""
        return self.answer_to(lambda: (self.question.fill(text), self.question.press("Enter")))

    def answer_to(self, act: Callable[[], object]) -> Locator:
        """The message with which the bot answers an act."""
        answer = self.answers.nth(self.answers.count())
        act()
        answer.wait_for()
        return answer


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained about; a test that expects something takes it out."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens pages that each have a browser profile of their own."""
    contexts = []

    def open_page(address: str, **options) -> Page:
        context = browser.new_context(**{"locale": "zh-CN", "viewport": DESKTOP} | options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complain(message))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        return page

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_chat(bot: str, open_page: Callable[..., Page]) -> OpenChat:
    """Opens the chat: ``open_chat("?lang=en", locale="zh-TW")``."""
    return lambda query="", **options: Chat(open_page(f"{bot}/chat{query}", **options))


@pytest.fixture
def chat(open_chat: OpenChat) -> Chat:
    """The chat of somebody whose browser is set to Simplified Chinese."""
    return open_chat()


@contextmanager
def other_pages() -> Iterator[ThreadingHTTPServer]:
    """A server of other people's; its ``page`` and ``policy`` are what it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", self.server.policy)
            self.end_headers()
            self.wfile.write(self.server.page.encode())

        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.page = server.policy = ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="package")
def other_site() -> Iterator[ThreadingHTTPServer]:
    with other_pages() as site:
        yield site


def serious_issues(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{issue['id']}: {node['html']} {node['failureSummary']}"
        for issue in found
        if issue["impact"] in ("serious", "critical")
        for node in issue["nodes"]
    ]


OPERATOR, PASSWORD = "mei", "correct horse battery"


@pytest.fixture
def desk(built: Settings, tmp_path: Path) -> Iterator[str]:
    """Address of a bot with a database of its own, and an operator who may use its desk."""
    settings = built.model_copy(update={"data_dir": tmp_path / "data"})
    with closing(Stores(settings)) as stores:
        stores.desk_access.set_password(OPERATOR, PASSWORD)
    with serving(create_app(settings)) as address:
        yield address


@pytest.fixture
def open_desk(desk: str, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page of the desk as an operator who logs in: ``open_desk("/versions", locale="en-GB")``."""

    def open_desk(path: str = "/", **options) -> Page:
        page = open_page(f"{desk}/admin/login?next=/admin{path}", **options)
        log_in(page)
        page.wait_for_url(f"{desk}/admin{path}")
        return page

    return open_desk


def log_in(page: Page, password: str = PASSWORD) -> None:
    """Fill the form and send it with the keyboard."""
    page.locator("input[name=name]").fill(OPERATOR)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")

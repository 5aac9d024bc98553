"""The documentation's pictures of the web chat: ``python -m tests.web.screenshots http://127.0.0.1:8000``.

The address is that of a bot with the product's own knowledge, and ``BOT_EMBED_ORIGINS=http://localhost:*``.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from tests.web.conftest import ARGUMENTS, chromium, other_pages

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {1280: (860, 1), 390: (844, 2)}
COLOURS = 128
CONVERSATIONS = {
    "zh-CN": ("小程序备案要多久？", "小程序和 App 有什么区别，该做哪个？"),
    "en-GB": ("How long does filing take?", "Mini program or app: which should I build?"),
}
SHOP = """<!doctype html><html lang="zh-CN"><title>春山花店</title>
<meta name="viewport" content="width=device-width">
<style>body{{margin:0;font:18px/1.8 Roboto,"Noto Sans CJK SC",sans-serif;color:#43363a}}
header{{padding:72px 8%;background:linear-gradient(120deg,#f9e1d0,#e9c3d3)}} h1{{margin:0;font-size:40px}}
p{{max-width:30em;padding:0 8%}}</style><header><h1>春山花店</h1></header>
<p>每天清晨从昆明空运的鲜花，下午送到你手上。小程序下单，到店自提。<p>开店的问题，点右下角问问。
<script src="{bot}/widget.js" async></script>"""


def main(bot: str) -> None:
    """Take all pictures."""
    with sync_playwright() as playwright, other_pages() as site:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS.split())
        site.page = SHOP.format(bot=bot)
        for width in SIZES:
            for scheme, locale in (("light", "zh-CN"), ("light", "en-GB"), ("dark", "zh-CN")):
                page = opened(browser, f"{bot}/chat", width, scheme, locale)
                for question in CONVERSATIONS[locale]:
                    ask(page, page, question)
                save(page, f"chat-{width}-{scheme}-{locale[:2]}")
            shop = f"http://localhost:{site.server_port}/"
            page = opened(browser, shop, width, "light", "zh-CN", scale=1)  # frames are blurred otherwise
            page.get_by_role("button", name="在线咨询").click()
            ask(page, page.frame_locator("iframe"), CONVERSATIONS["zh-CN"][0])
            save(page, f"widget-{width}")
        browser.close()


def opened(
    browser: Browser, address: str, width: int, scheme: str, locale: str, scale: int | None = None
) -> Page:
    height, usual_scale = SIZES[width]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=scale or usual_scale,
        color_scheme=scheme,
        locale=locale,
        is_mobile=width < 500,
        reduced_motion="reduce",
    )
    page.goto(address)
    return page


def ask(page: Page, chat: Page | FrameLocator, question: str) -> None:
    answers = chat.locator("#exchanges .bot:not(.typing)")
    chat.get_by_role("textbox").fill(question)
    answer = answers.nth(answers.count())
    chat.get_by_role("textbox").press("Enter")
    answer.wait_for()
    page.wait_for_timeout(400)


def save(page: Page, name: str) -> None:
    """As a PNG of few colours: a quarter of the size, and nobody sees it."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    picture.save(FOLDER / f"{name}.png", optimize=True)
    page.close()


if __name__ == "__main__":
    main(sys.argv[1])

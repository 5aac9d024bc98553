"""``/widget.js`` on a page of another origin that has a strict policy of its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import DESKTOP, PHONE, serious_issues

pytestmark = pytest.mark.model

PAGE = """<!doctype html><html lang="zh-CN"><head><title>花店</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>花店</h1><p><a href="#">花</a></p></main>
<script src="{bot}/widget.js" async {options}></script></body></html>"""


@pytest.fixture
def open_shop(bot, other_site, open_page):
    """Opens the page of a shop that embeds the chat, with attributes of the script tag."""

    def open_shop(options: str = "", host: str = "localhost", **settings: object):
        other_site.page = PAGE.format(bot=bot, options=options)
        other_site.policy = (
            f"default-src 'none'; script-src {bot}; frame-src {bot}; require-trusted-types-for 'script'"
        )
        return open_page(f"http://{host}:{other_site.server_port}/", **settings)

    return open_shop


def test_it_opens_answers_and_closes(open_shop):
    shop = open_shop()
    shop.get_by_role("button", name="在线咨询").click()
    chat = shop.frame_locator("iframe")
    expect(chat.get_by_role("textbox")).to_be_focused()
    chat.get_by_role("textbox").fill("备案时间")
    chat.get_by_role("textbox").press("Enter")
    expect(chat.locator("#exchanges .bot")).to_contain_text("工作日")

    shop.get_by_role("button", name="关闭咨询窗口").click()
    expect(shop.locator("iframe")).not_to_be_visible()
    shop.get_by_role("button", name="在线咨询").click()
    expect(chat.locator("#exchanges .bot")).to_contain_text("工作日")


@pytest.mark.parametrize("where", ["in the chat", "on the button", "the chat's own button"])
def test_escape_closes_it_and_the_focus_goes_back(open_shop, where):
    shop = open_shop()
    opener = shop.get_by_role("button", name="在线咨询")
    opener.click()
    chat = shop.frame_locator("iframe")
    expect(chat.get_by_role("textbox")).to_be_focused()
    if where == "the chat's own button":
        chat.get_by_role("button", name="关闭").click()
    else:
        if where == "on the button":
            shop.get_by_role("button", name="关闭咨询窗口").focus()
        shop.keyboard.press("Escape")

    expect(shop.locator("iframe")).not_to_be_visible()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_it_fills_a_phone(open_shop):
    shop = open_shop(viewport=PHONE)
    shop.get_by_role("button", name="在线咨询").click()
    expect(shop.frame_locator("iframe").get_by_role("button", name="关闭")).to_be_visible()

    box = shop.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}
    shop.frame_locator("iframe").get_by_role("button", name="关闭").click()
    expect(shop.get_by_role("button", name="在线咨询")).to_be_in_viewport()


def test_language_colour_and_side_are_chosen_on_the_tag(open_shop):
    shop = open_shop('data-lang="en" data-color="gold" data-position="left"')
    button = shop.get_by_role("button", name="Chat with us")
    button.click()

    expect(button.or_(shop.get_by_role("button", name="Close the chat"))).to_have_css(
        "background-color", "rgb(255, 215, 0)"
    )
    assert shop.locator("iframe").bounding_box()["x"] < 100
    expect(shop.frame_locator("iframe").get_by_role("textbox", name="Your question")).to_be_visible()


def test_a_colour_that_is_none_is_passed_over(open_shop):
    shop = open_shop('data-color="url(https://evil.example)"')

    expect(shop.get_by_role("button")).to_have_css("background-color", "rgb(6, 122, 59)")


def test_an_address_that_may_not_embed_it_is_told_and_offers_a_window(open_shop, complaints):
    shop = open_shop(host="127.0.0.1")
    shop.get_by_role("button", name="在线咨询").click()

    expect(shop.get_by_role("link", name="在新窗口打开咨询")).to_be_visible()
    assert any("BOT_EMBED_ORIGINS" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("message", ["wechat-bot:close", "close"])
def test_messages_of_other_frames_do_not_close_it(open_shop, message):
    shop = open_shop()
    shop.get_by_role("button", name="在线咨询").click()
    expect(shop.frame_locator("iframe").get_by_role("textbox")).to_be_focused()
    shop.evaluate("message => window.postMessage(message, '*')", message)

    expect(shop.locator("iframe")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_serious(open_shop, scheme, viewport):
    shop = open_shop(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    assert serious_issues(shop) == []
    shop.get_by_role("button", name="在线咨询").click()
    expect(shop.frame_locator("iframe").get_by_role("textbox")).to_be_visible()

    assert serious_issues(shop) == []

"""The web chat's page and widget as they are sent: language, greeting, headers. ``tests/web`` uses them."""

from __future__ import annotations

import re

import pytest

from bot.answering.answerer import Answerer
from bot.app import create_app
from bot.channels.chat_texts import chat_texts
from bot.channels.chat_welcome import Welcome, welcome
from bot.domain import Language
from bot.errors import SettingsError
from bot.settings import Settings, load_settings
from tests.fakes import FakeIndex, make_entry

LANG = re.compile(r'<html lang="([^"]+)"')
CHIP = re.compile(r'class="chip">([^<{]+)</button>')
ASSET = re.compile(r"""(?:src|href)=["'](/[^"'#]+)["']""")


def starters(page):
    """The questions that a page offers at the start."""
    return CHIP.findall(page[: page.index('id="exchanges"')])


def policy_of(client, path):
    """The Content-Security-Policy of a page, as {directive: sources}."""
    rules = client.get(path).headers["Content-Security-Policy"].split("; ")
    return dict(rule.split(" ", 1) for rule in rules)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,en", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("en-GB,zh-CN;q=0.9", "en"),
        ("fr-FR,zh-CN;q=0.5", "zh-Hans"),
        ("fr-FR", "en"),
        ("", "en"),
        (";;;q=", "en"),
    ],
)
def test_the_page_is_in_the_language_of_the_browser(indexless, accepted, language):
    response = indexless.get("/chat", headers={"Accept-Language": accepted})

    assert LANG.search(response.text).group(1) == language
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("asked", "language"), [("en", "en"), ("zh-Hant", "zh-Hant"), ("auto", "zh-Hans"), ("<b>", "zh-Hans")]
)
def test_the_address_may_choose_the_language(indexless, asked, language):
    page = indexless.get("/chat", query_string={"lang": asked}, headers={"Accept-Language": "zh-CN"}).text

    assert LANG.search(page).group(1) == language
    assert "<b>" not in page


def test_traditional_words_are_written_in_traditional_characters():
    texts = chat_texts(Language.TRADITIONAL)

    assert (texts.send, texts.copy, texts.dated) == ("發送", "複製", "截至 {date}")


@pytest.mark.model
@pytest.mark.parametrize(
    ("lang", "greeting", "starter"),
    [
        ("zh-Hans", "你好", "小程序是什么？"),
        ("zh-Hant", "你好", "小程序是什麼？"),
        ("en", "Hello! Ask me anything", "What is a mini program?"),
    ],
)
def test_it_greets_as_the_knowledge_base_does_and_offers_what_that_names(client, lang, greeting, starter):
    page = client.get(f"/chat?lang={lang}").text

    assert greeting in page
    assert starters(page)[0] == starter


@pytest.mark.model
def test_the_operator_may_choose_title_and_questions(built, caplog):
    chosen = {"chat_title": "花店 <客服>", "chat_starters": "filing-time gone shop-cost"}
    page = create_app(built.model_copy(update=chosen)).test_client().get("/chat?lang=zh-Hant").text

    assert starters(page) == ["小程序備案要多久？", "開發一個商城要多少錢？"]
    assert "<title>花店 &lt;客服&gt;</title>" in page
    assert "BOT_CHAT_STARTERS names no entry: gone" in caplog.text


@pytest.mark.model
def test_questions_to_start_with_are_answered(client):
    for lang in ("zh-Hans", "zh-Hant", "en"):
        for question in starters(client.get(f"/chat?lang={lang}").text):
            assert client.post("/ask", json={"question": question}).json["outcome"] == "answer"


def test_a_knowledge_base_that_cannot_greet_is_greeted_for():
    texts = chat_texts(Language.SIMPLIFIED)
    entry = make_entry("delivery", "多久送到", answer="两天。")

    assert welcome(Answerer(lambda: FakeIndex(entry)), [], Language.SIMPLIFIED, texts) == Welcome(
        texts.welcome
    )
    offered = welcome(Answerer(lambda: FakeIndex(entry)), ["delivery"], Language.SIMPLIFIED, texts)
    assert offered == Welcome(texts.welcome, ("多久送到",))


def test_without_an_index_the_page_still_comes_up(indexless):
    response = indexless.get("/chat?lang=en")

    assert response.status_code == 200
    assert "Send me your question" in response.text


def test_customers_arrive_at_the_chat(indexless):
    response = indexless.get("/", follow_redirects=True)

    assert (response.request.path, response.status_code) == ("/chat", 200)


@pytest.mark.parametrize("path", ["/chat", "/chat?embed=1", "/docs"])
def test_all_parts_of_a_page_come_from_this_server(indexless, path):
    page = indexless.get(path).text
    assets = ASSET.findall(page)

    assert len(assets) >= 3
    for address in assets:
        with indexless.get(address) as response:
            assert response.status_code == 200, address


@pytest.mark.parametrize("path", ["/chat", "/docs"])
def test_pages_run_no_script_of_others_or_written_into_the_page(indexless, path):
    page, policy = indexless.get(path).text, policy_of(indexless, path)

    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert re.findall(r"<script(?! type=\"application/json\")[^>]*>[^<]", page) == []
    assert re.findall(r"\s(?:style|on\w+)=", page) == []


def test_the_chat_lets_no_script_turn_text_into_markup(indexless):
    policy = policy_of(indexless, "/chat")

    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["style-src"] == "'self'"


def test_browsers_tell_other_sites_nothing_and_ask_for_no_sensor(indexless):
    headers = indexless.get("/chat").headers

    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in headers["Permissions-Policy"]


def test_nobody_but_this_server_may_embed_the_chat_unless_it_is_set(indexless):
    assert policy_of(indexless, "/chat")["frame-ancestors"] == "'self'"
    assert policy_of(indexless, "/docs")["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "origins", ["https://shop.example", "https://*.shop.example http://localhost:*", "*", "http://a:8080"]
)
def test_those_may_embed_it_who_are_named(tmp_path, origins):
    settings = Settings(index_dir=tmp_path, embed_origins=origins)

    assert policy_of(create_app(settings).test_client(), "/chat")["frame-ancestors"] == f"'self' {origins}"


@pytest.mark.parametrize(
    "origins",
    ["shop.example", "https://shop.example/", "https://a.example; script-src *", "https://a,b", "*.a"],
)
def test_an_address_that_browsers_would_not_read_is_refused(monkeypatch, origins):
    monkeypatch.setenv("BOT_EMBED_ORIGINS", origins)

    with pytest.raises(SettingsError, match=r"BOT_EMBED_ORIGINS=.*https://shop\.example, without a path"):
        load_settings()


def test_every_page_may_load_the_widget(indexless):
    with indexless.get("/widget.js") as response:
        assert response.mimetype == "text/javascript"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_what_has_not_changed_is_not_sent_again(indexless):
    with indexless.get("/widget.js") as first:
        tag = first.headers["ETag"]
    with indexless.get("/widget.js", headers={"If-None-Match": tag}) as second:
        assert (second.status_code, second.data) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/chat/static/../chat.py", "/chat/static/%2e%2e/docs/docs.js", "/chat/static/"]
)
def test_no_other_file_is_served(indexless, path):
    assert indexless.get(path).status_code == 404

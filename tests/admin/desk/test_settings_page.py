"""The settings page: everything that is in force, and no secret."""

from __future__ import annotations

import re

import pytest

from bot.app import create_app
from bot.settings import PREFIX, Settings
from bot.stores import Stores
from tests.admin.desk.conftest import KNOWLEDGE, NAME, PASSWORD, Operator

SECRETS = {
    "admin_key": "adminsecret" * 4,
    "wechat_official_token": "tokensecret",
    "wechat_mini_token": "minitokensecret",
    "wechat_mini_app_secret": "appsecretsecret",
}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page of a bot with two accounts, in English, of settings from here and there."""
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "app_secret"
    secret.write_text(SECRETS["wechat_mini_app_secret"])
    (tmp_path / ".env").write_text("BOT_WECHAT_MINI_APP_ID=wxmini0123456789\nBOT_RETENTION_DAYS=30\n")
    monkeypatch.setenv("BOT_WECHAT_OFFICIAL_APP_ID", "wxofficial012345")
    monkeypatch.setenv("BOT_WECHAT_MINI_APP_SECRET_FILE", str(secret))
    monkeypatch.setenv("BOT_WECHAT_OFFICIAL_TOKEN", SECRETS["wechat_official_token"])
    monkeypatch.setenv("BOT_WECHAT_MINI_TOKEN", SECRETS["wechat_mini_token"])
    monkeypatch.setenv("BOT_ADMIN_KEY", SECRETS["admin_key"])
    folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
    settings = Settings(knowledge_dir=KNOWLEDGE, **folders)
    Stores(settings).desk_access.set_password(NAME, PASSWORD)
    browser = Operator(create_app(settings))
    browser.log_in()
    return browser.get("/settings").text


def rows(page: str) -> dict[str, tuple[str, str]]:
    """Value and origin of each setting."""
    value, origin = (rf'data-label="{name}">(.*?)</td>' for name in ("Value", "From"))
    found = re.findall(rf'<code class="name">(BOT_\w+)</code>.*?{value}.*?{origin}', page, re.DOTALL)
    return {name: (re.sub(r"<[^>]*>", "", value).strip(), origin) for name, value, origin in found}


def test_every_setting_is_shown_with_its_value_and_where_that_comes_from(page, tmp_path):
    shown = rows(page)

    assert list(shown) == [PREFIX + name.upper() for name in Settings.model_fields]
    assert shown["BOT_INDEX_DIR"] == (str(tmp_path / "index"), "given by the program")
    assert shown["BOT_WECHAT_OFFICIAL_APP_ID"] == ("wxofficial012345", "environment variable")
    assert shown["BOT_RETENTION_DAYS"] == ("30", "file .env")
    assert shown["BOT_WECHAT_MINI_APP_SECRET"] == ("set", "file of its own")
    assert shown["BOT_PORT"] == ("8000", "default")
    assert shown["BOT_CHAT_TITLE"] == ("empty", "default")
    assert shown["BOT_WATCH"] == ("false", "default")


def test_secrets_are_set_or_not_and_nothing_else(page):
    shown = rows(page)
    secret = [PREFIX + name.upper() for name, field in Settings.model_fields.items() if not field.repr]

    assert {shown[name][0] for name in secret} == {"set", "not set"}
    assert {name for name in secret if shown[name][0] == "set"} == {PREFIX + name.upper() for name in SECRETS}
    assert [value for value in SECRETS.values() if value in page] == []


def test_the_addresses_for_wechat_are_there_to_copy(page):
    assert "http://localhost/wechat/official</code>" in page
    assert "http://localhost/wechat/mini</code>" in page
    assert "You came here over plain HTTP." in page


def test_what_the_program_runs_on_and_how_it_is_doing(page):
    text = " ".join(re.sub(r"<[^>]*>", " ", page).split())

    assert re.search(r"onnxruntime \d+\.\d+", text) and re.search(r"Python 3\.\d+", text)
    assert "not ready" in text and "flask --app wsgi index build" in text
    assert "Questions waiting to be logged 0" in text
    assert "Language model intfloat/multilingual-e5-small" in text


def test_without_accounts_it_says_how_to_set_one(operator):
    assert "No WeChat account is set." in operator.get("/settings").text


@pytest.mark.model
def test_a_bot_that_answers_says_so_and_from_which_version(built, tmp_path):
    settings = built.model_copy(update={"data_dir": tmp_path / "data"})
    Stores(settings).desk_access.set_password(NAME, PASSWORD)
    browser = Operator(create_app(settings))
    browser.log_in()
    page = browser.get("/settings").text

    assert '<span class="badge good">ready</span>' in page
    assert "as it was built" in page
    assert f"/admin/versions/{(settings.index_dir / 'CURRENT').read_text().strip()}" in page

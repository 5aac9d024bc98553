"""Settings: read from the environment or a file, and refused with variable, value and expected form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.errors import SettingsError
from bot.settings import PREFIX, PROJECT, Settings, load_settings


@pytest.fixture(autouse=True)
def bare_environment(tmp_path, monkeypatch):
    """No setting of the machine the tests run on, and no .env file."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_folders_of_the_project_are_used():
    settings = load_settings()

    assert (settings.knowledge_dir, settings.index_dir) == (PROJECT / "knowledge", PROJECT / "index")


def test_by_default_only_this_machine_can_reach_the_bot():
    assert load_settings().host == "127.0.0.1"


def test_a_variable_sets_the_setting_of_its_name(monkeypatch):
    monkeypatch.setenv("BOT_KNOWLEDGE_DIR", "/srv/knowledge")
    monkeypatch.setenv("BOT_PORT", "9000")

    assert (load_settings().knowledge_dir, load_settings().port) == (Path("/srv/knowledge"), 9000)


def test_a_file_of_settings_is_read_too(tmp_path):
    (tmp_path / ".env").write_text("BOT_MODEL=BAAI/bge-m3\nUNRELATED=1\n", "utf-8")

    assert load_settings().model == "BAAI/bge-m3"


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("BOT_PORT=9000\n", "utf-8")
    monkeypatch.setenv("BOT_PORT", "9001")

    assert load_settings().port == 9001


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "99999", "Input should be less than or equal to 65535"),
        ("PORT", "http", "Input should be a valid integer, unable to parse string as an integer"),
        ("EMBEDDER", "torch", "Input should be 'onnx' or 'sentence-transformers'"),
        ("FALSE_ANSWER_RATE", "0", "Input should be greater than 0"),
        ("FALSE_ANSWER_RATE", "0.51", "Input should be less than or equal to 0.5"),
        ("RETENTION_DAYS", "0", "Input should be greater than or equal to 1"),
        ("WORKERS", "-1", "Input should be greater than or equal to 0"),
        ("THREADS", "0", "Input should be greater than or equal to 1"),
    ],
)
def test_a_bad_value_is_refused_with_its_variable_and_the_expected_form(monkeypatch, name, value, expected):
    monkeypatch.setenv(f"BOT_{name}", value)

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == f"BOT_{name}='{value}': {expected}"


def test_a_key_that_can_be_guessed_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("BOT_ADMIN_KEY", "hunter2")

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("BOT_ADMIN_KEY=…: ")
    assert "7 characters can be guessed" in str(caught.value) and "openssl rand -hex 32" in str(caught.value)


def test_the_key_of_the_operators_api_may_lie_in_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("k" * 32 + "\n", "utf-8")
    monkeypatch.setenv("BOT_ADMIN_KEY_FILE", str(tmp_path / "key"))

    assert load_settings().admin_key == "k" * 32


def test_all_bad_values_are_named_at_once(monkeypatch):
    monkeypatch.setenv("BOT_PORT", "0")
    monkeypatch.setenv("BOT_THREADS", "many")

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split("=")[0] for line in str(caught.value).splitlines()] == ["BOT_PORT", "BOT_THREADS"]


@pytest.mark.parametrize("address", ["", "api.weixin.qq.com", "ftp://api.weixin.qq.com", "https://a b"])
def test_an_address_to_which_nothing_can_be_sent_is_refused(monkeypatch, address):
    monkeypatch.setenv("BOT_WECHAT_API_BASE", address)

    with pytest.raises(SettingsError, match=r"BOT_WECHAT_API_BASE=.*such as https://api\.weixin\.qq\.com"):
        load_settings()


@pytest.mark.parametrize(
    "address", ["https://api.weixin.qq.com/", "http://10.0.0.1:8080/wx", "http://[::1]:8149"]
)
def test_wechats_api_may_be_behind_a_proxy(monkeypatch, address):
    monkeypatch.setenv("BOT_WECHAT_API_BASE", address)

    assert load_settings().wechat_api_base == address


def test_settings_do_not_change_while_the_bot_runs():
    settings = load_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 9000


def test_every_setting_says_what_it_is_for():
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]

    assert undescribed == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RATE_PER_ADDRESS", "often", "is no rate such as 60/minute"),
        ("RATE_PER_USER", "0/minute", "is no rate such as 60/minute"),
        ("RATE_PER_KEY", "60", "is no rate such as 60/minute"),
        ("CORS_ORIGINS", "https://shop.example *", "* is no address such as https://shop.example"),
        ("CORS_ORIGINS", "https://*.shop.example", "is no address such as https://shop.example"),
        ("CORS_ORIGINS", "https://shop.example/", "is no address such as https://shop.example"),
        ("TRUSTED_HOSTS", "https://bot.example", "is no name of a host such as bot.example"),
        ("TRUSTED_HOSTS", "bot.example:8000", "is no name of a host such as bot.example"),
        ("TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
    ],
)
def test_what_would_protect_nothing_is_refused(monkeypatch, name, value, words):
    monkeypatch.setenv(f"BOT_{name}", value)

    with pytest.raises(SettingsError, match=f"BOT_{name}=") as caught:
        load_settings()
    assert words in str(caught.value)

"""Which accounts are served: from the environment, from a TOML file, and what is wrong with them."""

from __future__ import annotations

import os
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.channels.wechat.accounts import Account, AccountKind, OfficeHours, read_accounts
from bot.channels.wechat.judging import Asking
from bot.domain import Language
from bot.errors import SettingsError
from bot.settings import load_settings
from bot.wechat.credentials import Credentials, Mode
from bot.wechat_service import WechatService
from tests.wechat.fakes import AES_KEY

BRAND = '[official.brand]\napp_id = "wxbrand"\ntoken = "brandToken"\n'
MINI = f'[mini.shop]\napp_id = "wxshop"\ntoken = "shopToken"\napp_secret = "s3cr3t"\naes_key = "{AES_KEY}"\n'


@pytest.fixture(autouse=True)
def bare_environment(tmp_path, monkeypatch):
    """No setting of the machine the tests run on, and no .env file."""
    for name in [name for name in os.environ if name.upper().startswith("BOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def set_up(monkeypatch, tmp_path):
    """The accounts of a process with this file of accounts and these BOT_WECHAT_… variables."""

    def accounts(toml=None, **variables):
        if toml is not None:
            (tmp_path / "accounts.toml").write_text(toml, "utf-8")
            variables["ACCOUNTS"] = str(tmp_path / "accounts.toml")
        for name, value in variables.items():
            monkeypatch.setenv(f"BOT_WECHAT_{name}", value)
        return WechatService(load_settings()).accounts

    return accounts


def variables(kind, **more):
    given = {"APP_ID": "wx1", "TOKEN": "token1"} | more
    return {f"{kind}_{name}": value for name, value in given.items()}


# From the environment


def test_without_settings_no_account_is_served(set_up):
    assert set_up() == []


def test_an_official_account_needs_app_id_and_token(set_up):
    (account,) = set_up(**variables("OFFICIAL"))

    assert (account.kind, account.name, account.channel) == ("official", "default", "official:default")
    assert (account.credentials.app_id, account.credentials.token) == ("wx1", "token1")


def test_accounts_of_both_kinds_are_served_side_by_side(set_up):
    accounts = set_up(**variables("OFFICIAL"), **variables("MINI", APP_SECRET="s"))

    assert [account.channel for account in accounts] == ["official:default", "mini:default"]


@pytest.mark.parametrize(
    ("more", "mode"),
    [
        ({}, Mode.PLAIN),
        ({"AES_KEY": AES_KEY}, Mode.SAFE),
        ({"AES_KEY": AES_KEY, "MODE": "compatible"}, Mode.COMPATIBLE),
        ({"AES_KEY": AES_KEY, "MODE": "plain"}, Mode.PLAIN),
    ],
)
def test_with_an_aes_key_the_mode_is_safe_unless_it_is_set(set_up, more, mode):
    assert set_up(**variables("OFFICIAL", **more))[0].credentials.mode is mode


def test_secrets_may_stand_in_files_that_variables_name(set_up, tmp_path):
    for name, secret in {"token": "fileToken", "aes_key": AES_KEY, "app_secret": "fileSecret"}.items():
        (tmp_path / name).write_text(f"{secret}\n")
    files = {f"{name.upper()}_FILE": str(tmp_path / name) for name in ("token", "aes_key", "app_secret")}

    (account,) = set_up(MINI_APP_ID="wx1", **{f"MINI_{name}": path for name, path in files.items()})

    assert (account.credentials.token, account.app_secret) == ("fileToken", "fileSecret")
    assert account.credentials.aes_key == AES_KEY


def test_what_is_set_for_all_accounts_holds_for_each_unless_it_says_otherwise(set_up):
    own = BRAND + 'handoff = false\nfeedback = "always"\noffice_hours = "6 10:00-12:00"\n'

    for_all = {"HANDOFF": "true", "KF_ACCOUNT": "kf@gh", "TYPING": "true", "FEEDBACK": "off"}
    one, brand = set_up(own, **variables("OFFICIAL"), **for_all)

    assert (one.has_handoff, one.kf_account, one.shows_typing) == (True, "kf@gh", True)
    assert (brand.has_handoff, brand.kf_account, len(brand.office_hours.shifts)) == (False, "kf@gh", 1)
    assert (one.feedback, brand.feedback) == ("off", "always")


# From the file


def test_a_file_names_further_accounts_with_all_their_fields(set_up):
    text = BRAND + 'language = "en"\n[official.brand.menu]\nFAQ = "filing"\nASK = "怎么备案"\n' + MINI

    brand, shop = set_up(text)

    assert (brand.channel, brand.language) == ("official:brand", Language.ENGLISH)
    assert brand.menu == {"FAQ": "filing", "ASK": "怎么备案"}
    assert (shop.channel, shop.kind, shop.credentials.mode) == ("mini:shop", AccountKind.MINI, Mode.SAFE)


def test_a_file_is_read_as_utf_8_and_may_say_no_more_than_it_must(tmp_path):
    file = tmp_path / "accounts.toml"
    file.write_text(BRAND + "[official.brand.menu]\n'帮助' = '备案'\n", "utf-8")

    credentials = Credentials("wxbrand", "brandToken", Mode.PLAIN)
    assert read_accounts({}, {}, file) == [
        Account("brand", AccountKind.OFFICIAL, credentials, menu={"帮助": "备案"})
    ]


def test_a_file_may_say_everything(set_up):
    text = MINI + (
        'mode = "compatible"\nlanguage = "zh-Hant"\nhandoff = true\nkf_account = "kf@gh"\n'
        'office_hours = " 1-5 09:00-18:00 ;7 10:00-12:00;"\ntimezone = "Asia/Taipei"\ntyping = true\n'
        'feedback = "off"\nmenu = { FAQ = "filing" }\n'
    )
    shifts = (1, 5, time(9), time(18)), (7, 7, time(10), time(12))

    assert set_up(text) == [
        Account(
            "shop",
            AccountKind.MINI,
            Credentials("wxshop", "shopToken", Mode.COMPATIBLE, AES_KEY),
            app_secret="s3cr3t",
            language=Language.TRADITIONAL,
            has_handoff=True,
            kf_account="kf@gh",
            office_hours=OfficeHours(shifts, ZoneInfo("Asia/Taipei")),
            shows_typing=True,
            feedback=Asking.OFF,
            menu={"FAQ": "filing"},
        )
    ]


def test_a_field_set_to_nothing_is_left_to_what_is_set_for_all(tmp_path):
    file = tmp_path / "accounts.toml"
    file.write_text(BRAND + 'kf_account = ""\n')

    (brand,) = read_accounts({}, {"kf_account": "kf@gh"}, file)

    assert brand.kf_account == "kf@gh"


def test_secrets_may_stand_in_files_beside_the_accounts_file(set_up, tmp_path):
    (tmp_path / "brand.token").write_text("fileToken\n")

    (account,) = set_up('[official.brand]\napp_id = "wx1"\ntoken_file = "brand.token"\n')

    assert account.credentials.token == "fileToken"


def test_secrets_do_not_show_when_an_account_is_printed(set_up):
    (account,) = set_up(MINI)

    assert [word for word in ("s3cr3t", "shopToken", AES_KEY) if word in repr(account)] == []


# Office hours


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 09:00", True),
        ("2026-11-23 08:59", False),
        ("2026-11-27 17:59", True),
        ("2026-11-27 18:00", False),
        ("2026-11-28 10:00", True),
        ("2026-11-28 10:30", True),
        ("2026-11-28 17:00", False),
        ("2026-11-29 10:30", False),
    ],
)
def test_office_hours_hold_on_their_days_in_the_accounts_own_time_zone(set_up, moment, is_open):
    hours = 'office_hours = "1-5 09:00-18:00; 6 10:00-12:00"\ntimezone = "America/New_York"\n'
    now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("America/New_York")).timestamp()

    assert set_up(BRAND + hours)[0].office_hours.is_open(now) is is_open


def test_without_office_hours_somebody_is_always_there():
    assert OfficeHours().is_open(0.0)


# What is wrong


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"APP_ID": ""}, ["app id", "copy AppID"]),
        ({"APP_ID": "wx 1"}, ["app id 'wx 1'", "copy AppID"]),
        ({"TOKEN": ""}, ["token", "3 to 32 letters and digits"]),
        ({"TOKEN": "no-dashes"}, ["token", "3 to 32 letters and digits"]),
        ({"AES_KEY": "short"}, ["AES key", "43"]),
        ({"MODE": "safe"}, ["safe mode", "AES key", "EncodingAESKey"]),
    ],
)
def test_a_wrong_variable_is_refused_with_account_field_and_form(set_up, more, words):
    with pytest.raises(SettingsError) as caught:
        set_up(**variables("OFFICIAL", **more))

    assert [word for word in ["official.default", *words] if word not in str(caught.value)] == []


def refused(set_up, toml=None, **variables):
    """What is said of it."""
    with pytest.raises(SettingsError) as caught:
        set_up(toml, **variables)
    return str(caught.value)


def test_a_mini_program_without_secret_is_refused_since_it_could_not_answer(set_up):
    assert refused(set_up, **variables("MINI")) == (
        "WeChat account mini.default: app_secret is missing: a mini program answers through WeChat's API"
    )


HOURS = 'write "1-5 09:00-18:00; 6 10:00-12:00" (1 = Monday; no shift past midnight)'
KNOWN = (
    "token, app_id, aes_key, app_secret, mode, language, handoff, kf_account, office_hours, timezone, "
    "typing, feedback, menu"
)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('mode = "secret"', "mode 'secret': write plain, compatible, safe"),
        ('language = "fr"', "language 'fr': write zh-Hans, zh-Hant, en"),
        ('timezone = "Mars/Olympus"', "timezone 'Mars/Olympus': write a name such as Asia/Shanghai"),
        ('timezone = "../etc"', "timezone '../etc': write a name such as Asia/Shanghai"),
        ('timezone = "Asia"', "timezone 'Asia': write a name such as Asia/Shanghai"),
        ('office_hours = "always"', f'office_hours "always": {HOURS}'),
        ('office_hours = "1-5 9:00-18:00"', f'office_hours "1-5 9:00-18:00": {HOURS}'),
        ('office_hours = "1-5 09:00-25:00"', f'office_hours "1-5 09:00-25:00": {HOURS}'),
        ('office_hours = "1; 5-1 09:00-18:00"', f'office_hours "1": {HOURS}'),
        ('office_hours = "5-1 09:00-18:00"', f'office_hours "5-1 09:00-18:00": {HOURS}'),
        ('office_hours = "1-5 22:00-06:00"', f'office_hours "1-5 22:00-06:00": {HOURS}'),
        ('office_hours = "1-5 22:00-22:00"', f'office_hours "1-5 22:00-22:00": {HOURS}'),
        ("office_hours = 9", "office_hours 9: write text in quotes"),
        ("kf_account = 7", "kf_account 7: write text in quotes"),
        ("app_secret = 7", "app_secret: write text in quotes"),
        ('handoff = "no"', "handoff 'no': write true or false"),
        ("typing = 1", "typing 1: write true or false"),
        ('feedback = "often"', "feedback 'often': write off, sparing, always"),
        ('menu = "filing"', "menu 'filing': write { KEY = \"entry or question\" }"),
        ("menu = { FAQ = 1 }", "menu {'FAQ': 1}: write { KEY = \"entry or question\" }"),
        ("typing = { on = 1 }", "typing {'on': 1}: write true or false"),
        ('color = "red"\nblue = 1', f"blue, color is unknown; known: {KNOWN}"),
    ],
)
def test_a_wrong_line_is_refused_with_account_field_and_form(set_up, line, told):
    assert refused(set_up, f"{BRAND}{line}\n") == f"WeChat account official.brand: {told}"


@pytest.mark.parametrize("named", ['"nowhere"', "7"])
def test_a_secret_file_that_is_missing_is_refused_by_its_field(set_up, tmp_path, named):
    file = tmp_path / named.strip('"')

    assert refused(set_up, f"{BRAND}aes_key_file = {named}\n") == (
        f"{tmp_path}/accounts.toml: [official.brand] aes_key_file: "
        f"[Errno 2] No such file or directory: '{file}'"
    )


def test_a_wrong_secret_is_not_shown(set_up):
    with pytest.raises(SettingsError) as caught:
        set_up(f"{BRAND}aes_key = 987654321\n")

    assert "987654321" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[work.brand]", "[work] is unknown; write [official.NAME] or [mini.NAME]"),
        ("official = 1", "[official] is unknown; write [official.NAME] or [mini.NAME]"),
        ('[official]\ntoken = "t"', "write token below a heading [official.NAME]"),
    ],
)
def test_a_file_that_is_not_laid_out_as_expected_is_refused_with_the_layout(set_up, tmp_path, text, told):
    assert refused(set_up, text) == f"{tmp_path}/accounts.toml: {told}"


def test_a_file_that_is_not_toml_is_refused_with_its_setting_and_the_place(set_up, tmp_path):
    told = refused(set_up, "[official")

    assert told.startswith(f"BOT_WECHAT_ACCOUNTS={tmp_path}/accounts.toml: Expected ']'")
    assert told.endswith("(at end of document)")


def test_a_name_that_cannot_stand_in_an_address_is_refused(set_up):
    assert refused(set_up, '[official."a b"]\ntoken = "t"') == (
        "WeChat account official.a b: a name may hold letters, digits, - and _ only"
    )


def test_a_missing_file_is_refused_with_its_setting(set_up):
    with pytest.raises(SettingsError, match=r"BOT_WECHAT_ACCOUNTS=.*nowhere\.toml"):
        set_up(ACCOUNTS="/nowhere.toml")


def test_a_secret_file_that_is_no_text_is_refused_by_its_field(set_up, tmp_path):
    (tmp_path / "token").write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match=r"\[official\.brand\] token_file"):
        set_up('[official.brand]\napp_id = "wx1"\ntoken_file = "token"\n')


def test_two_accounts_of_one_name_are_refused(set_up):
    assert refused(set_up, BRAND.replace("brand]", "default]"), **variables("OFFICIAL")) == (
        "WeChat account official:default is set twice; give one another name"
    )


# Which one is meant


@pytest.mark.parametrize("name", ["official:brand", "brand", "official"])
def test_an_account_is_found_by_any_clear_name(set_up, name):
    set_up(BRAND + MINI)

    assert WechatService(load_settings()).account(name).channel == "official:brand"


@pytest.mark.parametrize("name", ["default", "nobody"])
def test_an_unclear_name_is_refused_with_the_names_there_are(set_up, name):
    set_up(**variables("OFFICIAL"), **variables("MINI", APP_SECRET="s"))

    with pytest.raises(KeyError, match=f"{name}.*official:default, mini:default"):
        WechatService(load_settings()).account(name)

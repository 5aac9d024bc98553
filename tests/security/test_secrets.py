"""Marked secrets are set, everything is made to fail, and whatever is said is searched for them."""

from __future__ import annotations

import logging

import pytest

from bot.app import create_app
from bot.settings import Settings
from bot.stores import Stores
from tests.admin.desk.conftest import KNOWLEDGE, NAME, PASSWORD, Operator
from tests.wechat.fakes import TIMESTAMP

MARK = "Marked0Secret"
SECRETS = {
    "admin_key": MARK + "k" * 32,
    **{
        f"wechat_{kind}_{name}": value
        for kind in ("official", "mini")
        for name, value in (
            ("token", MARK + kind),
            ("aes_key", MARK + "a" * 30),
            ("app_secret", MARK + kind),
        )
    },
}
ACCOUNTS = {f"wechat_{kind}_app_id": f"wx{kind}0001" for kind in ("official", "mini")}
# Nobody listens there.
DATABASE = f"postgresql+psycopg://bot:{MARK}@127.0.0.1:1/none"
REQUESTS = [
    *(
        ("GET", path)
        for path in (
            "/",
            "/chat",
            "/docs",
            "/openapi.json",
            "/widget.js",
            "/metrics",
            "/healthz",
            "/readyz",
            "/nowhere",
            "/ask",
            "/ask?question=%FF",
            "/ask?question=hi",
            "/admin",
            "/admin/login",
            "/admin/settings",
            "/admin/jobs/1",
            "/wechat/official",
            "/wechat/mini?signature=x",
            "/wechat/none",
        )
    ),
    *(
        ("POST", path)
        for path in (
            "/ask",
            "/feedback",
            "/admin/index/rebuild",
            "/admin/login",
            "/admin/rebuilds",
            "/healthz",
            "/wechat/official",
            "/wechat/mini",
            f"/wechat/mini?timestamp={TIMESTAMP}&nonce=1&signature={'0' * 40}",
        )
    ),
]
BODIES = [
    b"",
    b"{",
    b'{"question": "hi", "session_id": "s"}',
    b'{"request_id": "r", "verdict": "up"}',
    b"x" * 70_000,
]


def heard(app, key=""):
    """Everything that is said to whoever sends all of this."""
    # With a key that cannot be repeated no rebuild is started.
    headers = {"Idempotency-Key": "é"} | ({"Authorization": f"Bearer {key}"} if key else {})
    http, said = app.test_client(), []
    for method, path in REQUESTS:
        for body in BODIES if method == "POST" else [b""]:
            with http.open(path, method=method, data=body, headers=headers) as response:
                text = response.get_data(as_text=True)
                said.append(f"{path} {response.status_code} {response.headers}\n{text}")
    return said


@pytest.fixture
def marked(tmp_path):
    """Opens a bot without an index whose secrets are all marked."""
    apps = []

    def open_bot(**more):
        folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data", "knowledge_dir": KNOWLEDGE}
        settings = Settings(**folders, **SECRETS, **ACCOUNTS, **more)
        apps.append(create_app(settings))
        return apps[-1], settings

    yield open_bot
    for app in apps:
        app.extensions["close"]()


@pytest.mark.parametrize("key", ["", SECRETS["admin_key"], "wrong"])
@pytest.mark.parametrize("more", [{}, {"database_url": DATABASE}], ids=["SQLite", "a database that is away"])
def test_no_reply_and_no_log_line_holds_a_secret(marked, caplog, more, key):
    app, settings = marked(**more)
    with caplog.at_level(logging.DEBUG):
        said = heard(app, key)

    assert len({line.split(" ")[1] for line in said}) > 5  # statuses: it did fail in many ways
    assert [line for line in said if MARK in line] == []
    assert MARK not in caplog.text and MARK not in repr(settings)


def test_no_page_of_the_desk_holds_a_secret(marked, stores, caplog):
    app, _ = marked()
    stores.desk_access.set_password(NAME, PASSWORD + MARK)
    operator = Operator(app)
    with caplog.at_level(logging.DEBUG):
        operator.log_in(password=MARK)
        operator.log_in(password=PASSWORD + MARK)
        pages = [
            operator.get(path).text
            for path in ("/", "/settings", "/audit", "/versions", "/rebuilds", "/none")
        ]

    assert "BOT_ADMIN_KEY" in pages[1]
    assert [page for page in pages if MARK in page] == []
    assert MARK not in caplog.text


@pytest.fixture
def stores(tmp_path):
    """The same database as the bot's."""
    return Stores(Settings(data_dir=tmp_path / "data", index_dir=tmp_path / "index"))


@pytest.mark.parametrize("field", ["token", "aes_key", "app_secret", "app_id"])
@pytest.mark.parametrize("value", [f'"{MARK}!!"', f'["{MARK}"]', f'{{ a = "{MARK}" }}', f'"{MARK}'])
def test_a_file_of_accounts_that_is_wrong_is_refused_without_its_secrets(marked, tmp_path, field, value):
    accounts = tmp_path / "accounts.toml"
    fields = {"app_id": '"wx1"', "token": f'"{MARK}"', "app_secret": f'"{MARK}"'} | {field: value}
    accounts.write_text("[mini.shop]\n" + "".join(f"{name} = {text}\n" for name, text in fields.items()))
    try:
        app, _ = marked(wechat_accounts=accounts)
        said = "".join(heard(app))
    except Exception as error:
        said = str(error)

    assert field == "app_id" or MARK not in said

"""Trying an account out: a true push to a server that runs, and the reply as a user would see it."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bot.channels.wechat.judging import Asking
from bot.channels.wechat.simulator import simulate
from bot.cli_wechat import wechat_commands
from bot.settings import Settings
from bot.wechat.credentials import Mode
from bot.wechat.errors import CredentialsError
from bot.wechat.fields import read_document
from bot.wechat_service import WechatService
from tests.channels.wechat.conftest import MINI, OFFICIAL
from tests.wechat.fakes import AES_KEY, APP_ID, COMPATIBLE, SAFE, TOKEN

QUESTION = {"MsgType": "text", "Content": "备案时间"}
FILING_SHORT = "一般要一到二十个工作日。"


@pytest.fixture
def running(chat):
    """Serves an account on a real port and gives the address."""
    servers = []

    def running(account=OFFICIAL, **changes):
        app = chat(account, **changes).client.application
        servers.append(make_server("127.0.0.1", 0, app, threaded=True))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield running
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def command(tmp_path):
    """Runs ``flask --app wsgi wechat simulate …`` for a safe official account and a plain mini program."""
    service = WechatService(
        Settings(
            data_dir=tmp_path / "data",
            wechat_official_app_id=APP_ID,
            wechat_official_token=TOKEN,
            wechat_official_aes_key=AES_KEY,
            wechat_mini_app_id=APP_ID,
            wechat_mini_token=TOKEN,
            wechat_mini_app_secret="secret",
        )
    )
    runner = Flask("bot").test_cli_runner()
    return lambda *words: runner.invoke(wechat_commands(service), ["simulate", *words])


@pytest.mark.parametrize("as_json", [False, True], ids=["XML", "JSON"])
@pytest.mark.parametrize("credentials", [OFFICIAL.credentials, COMPATIBLE, SAFE], ids=lambda each: each.mode)
def test_a_simulated_question_is_answered_in_every_mode(running, chat, credentials, as_json):
    account = chat(credentials=credentials).account
    url = running(account)

    exchange = simulate(account, url, QUESTION, credentials.mode, as_json=as_json)

    assert exchange.status == 200
    assert exchange.opened.startswith(FILING_SHORT)
    assert (FILING_SHORT in exchange.body) is (credentials.mode is Mode.PLAIN)


def test_an_unencrypted_push_to_a_safe_account_is_seen_to_be_refused(running, chat):
    account = chat(credentials=SAFE).account

    exchange = simulate(account, running(account), QUESTION, Mode.PLAIN)

    assert (exchange.status, exchange.opened) == (403, "not authentic\n")


def test_a_transfer_is_shown_as_one(running, chat):
    account = chat(has_handoff=True).account
    fields = {"MsgType": "text", "Content": "转人工"}

    assert simulate(account, running(account), fields, Mode.PLAIN).opened == "transfer_customer_service"


def test_each_simulated_push_is_a_new_one(running, rows):
    url = running()
    for _ in range(2):
        simulate(OFFICIAL, url, QUESTION, Mode.PLAIN)

    assert rows("count(*)", "questions") == [(2,)]


def test_a_mini_program_shows_success_and_queues_its_answer(running, outbox):
    exchange = simulate(MINI, running(MINI), QUESTION, Mode.PLAIN)

    assert exchange.opened == "success"
    assert [due.text.split("\n")[0] for due in outbox.take(9)] == [FILING_SHORT]


def test_encryption_without_a_key_is_refused_before_anything_is_sent():
    with pytest.raises(CredentialsError, match="safe mode needs the AES key"):
        simulate(OFFICIAL, "http://127.0.0.1:1", QUESTION, Mode.SAFE)


@pytest.fixture
def pushed():
    """Plays the server of an official account that keeps what it gets: address, queries and bodies so far."""
    kept = []

    def keep(environ, start_response):
        assert environ["REQUEST_URI"].startswith("/wechat/official/default?")
        length = int(environ["CONTENT_LENGTH"])
        kept.append((dict(parse_qsl(environ["QUERY_STRING"])), environ["wsgi.input"].read(length).decode()))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"success"]

    server = make_server("127.0.0.1", 0, keep)
    try:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", kept
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("as_json", [False, True], ids=["XML", "JSON"])
def test_a_simulated_message_has_what_wechat_s_have(pushed, as_json):
    address, kept = pushed
    simulate(OFFICIAL, address, QUESTION, Mode.PLAIN, as_json=as_json)
    ((query, body),) = kept
    document = read_document(body.encode())

    assert "备案时间" in body and body.startswith("{" if as_json else "<xml><ToUserName><![CDATA[")
    assert set(query) == {"signature", "timestamp", "nonce"}
    assert {name: document.text(name) for name in ("ToUserName", "FromUserName", "MsgType", "Content")} == {
        "ToUserName": "gh_simulated",
        "FromUserName": "oSimulatedUser",
        **QUESTION,
    }
    assert 1_700_000_000 < int(document.text("CreateTime")) <= int(query["timestamp"])
    assert len(document.text("MsgId")) == 19 and document.text("MsgId").isdigit()


@pytest.mark.parametrize(("credentials", "shown"), [(SAFE, False), (COMPATIBLE, True)])
def test_beside_the_ciphertext_the_message_stands_in_compatible_mode_only(pushed, credentials, shown):
    address, kept = pushed
    simulate(replace(OFFICIAL, credentials=credentials), address, QUESTION, credentials.mode)
    ((query, body),) = kept
    document = read_document(body.encode())

    assert (query["encrypt_type"], query["openid"]) == ("aes", "oSimulatedUser")
    assert (document.text("ToUserName"), bool(document.text("Content"))) == ("gh_simulated", shown)
    assert set(query) == {"signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "openid"}
    assert body.startswith("<xml><ToUserName><![CDATA[gh_simulated]]></ToUserName><")


# The command


def test_the_command_prints_the_answer_and_aside_what_came_over_the_wire(running, command):
    result = command("备案时间", "--url", running(credentials=SAFE))

    assert (result.exit_code, result.stdout.split("\n")[0]) == (0, FILING_SHORT)
    assert result.stderr.startswith("[HTTP 200, ")


def test_the_command_takes_account_mode_and_format(running, command, outbox):
    result = command("备案时间", "--account", "mini", "--mode", "plain", "--json", "--url", running(MINI))

    assert (result.exit_code, result.stdout) == (0, "success\n")
    assert len(outbox.take(9)) == 1


def test_the_command_taps(running, command, rows):
    url = running(credentials=SAFE, feedback=Asking.ALWAYS)
    answer = command("备案时间", "--url", url).stdout
    tapped = re.search(r"msgmenucontent=没用&msgmenuid=([^\"]+)", answer)[1]

    assert command("没用", "--menu-id", tapped, "--url", url).stdout.startswith("谢谢，已经记下了。")
    assert rows("verdict", "feedback") == [("down",)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--account", "nobody"], "account 'nobody' is not one of: official:default, mini:default"),
        (["--account", "mini", "--mode", "safe"], "safe mode needs the AES key"),
    ],
)
def test_the_command_says_what_is_wrong_with_the_account(command, words, told):
    result = command("你好", *words)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {told}")


def test_the_command_says_when_no_server_runs(command):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    result = command("你好", "--url", url)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {url}: ") and "is the server running there?" in result.stderr

"""Sending customer messages to a WeChat on a real port that refuses, stalls and hangs up."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import httpx
import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from bot.channels.metrics.wechat import WechatMetrics
from bot.channels.wechat.accounts import Account
from bot.channels.wechat.sender import Sender
from bot.domain import Conversation, CustomerMessage, Said, SaidKind, Settlement
from bot.errors import StoreError
from bot.settings import Settings
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from bot.store.tokens import StoredTokens
from bot.wechat.api import wechat_api
from bot.wechat.tokens import App
from bot.wechat_service import WechatService
from tests.channels.wechat.conftest import KEY, MINI
from tests.wechat.fakes import APP_ID, SECRET, TOKEN, FakeWeChat, json_push, signed_query

HANG_UP = httpx.ReadError("hang up")
LONG = "".join(f"第{number}步，把资料准备好。" for number in range(60))


class CutsTheFirstToken(FakeWeChat):
    """Hangs up when it is first asked for a token."""

    def _token(self, body):
        if self.hits["stable_token"] == 1:
            raise HANG_UP
        return super()._token(body)


def handler(wechat):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                answer = wechat.handle(httpx.Request("POST", f"http://x{self.path}", content=body))
            except httpx.ReadError:
                return  # the connection is closed without an answer
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_):
            """Quiet."""

    return Handler


@contextmanager
def listening(wechat, port=0):
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(wechat))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def wechat():
    return FakeWeChat()


@pytest.fixture
def port(wechat):
    with listening(wechat) as port:
        yield port


@pytest.fixture
def sender_to(database, outbox, clock):
    """A sender for one account, to a WeChat on this port."""
    transports = []

    def sender(port, account=MINI):
        transports.append(httpx.HTTPTransport(verify=False))  # no certificates to load
        tokens = StoredTokens(database, Secrets(KEY), time.time, time.sleep)
        api = wechat_api(
            App(APP_ID, SECRET),
            transports[-1],
            tokens,
            clock=clock,
            sleep=clock.sleep,
            base_url=f"http://127.0.0.1:{port}",
        )
        return Sender(outbox, {account.channel: account}, {account.channel: api})

    yield sender
    for transport in transports:
        transport.close()


@pytest.fixture
def sender(sender_to, port):
    return sender_to(port)


@pytest.fixture
def queue(database, clock):
    """Queues messages to a user as a settled push does."""
    inbox, keys = Inbox(database, Secrets(KEY), clock), count()

    def queue(*texts, openid="oUser001", account=MINI, valid_for=9e9):
        messages = tuple(CustomerMessage(account.channel, text, valid_for) for text in texts)
        said = Said(SaidKind.NOTHING, at=clock.now)
        effect = Settlement(account.channel, openid, said, Conversation(), messages=messages)
        inbox.settle(f"wx1:message:{next(keys)}", effect)

    return queue


@pytest.fixture
def send_all(sender):
    """Sends until nothing is due."""

    def send_all():
        while sender.send_due():
            pass

    return send_all


def texts_to(wechat, openid):
    return [message["text"]["content"] for message in wechat.messages if message["touser"] == openid]


def test_each_users_messages_arrive_once_and_in_their_order(queue, send_all, wechat):
    for number in range(5):
        for user in ("oA", "oB", "oC"):
            queue(f"{user} 第{number}条", openid=user)
    send_all()

    for user in ("oA", "oB", "oC"):
        assert texts_to(wechat, user) == [f"{user} 第{number}条" for number in range(5)]
    assert (len(wechat.messages), wechat.hits["stable_token"]) == (15, 1)


def test_texts_travel_as_they_are_written(queue, send_all, wechat):
    queue('您好 🙂 "引号"')
    send_all()

    assert '您好 🙂 \\"引号\\"'.encode() in wechat.bodies[0]


def test_what_was_sent_is_not_sent_by_a_sender_that_starts_again(queue, send_all, sender_to, port, wechat):
    queue("一")
    send_all()

    assert sender_to(port).send_due() == 0
    assert wechat.texts() == ["一"]


# What passes


def test_while_wechat_is_busy_a_message_waits_and_then_arrives_once(queue, send_all, wechat, clock):
    wechat.refusals = [-1] * 3
    queue("一")
    send_all()
    clock.now += 1.0
    send_all()

    assert wechat.texts() == ["一"]


def test_a_message_that_waits_keeps_its_users_order_and_holds_up_nobody_else(queue, send_all, wechat, clock):
    wechat.refusals = [-1] * 3
    queue("一", "二", openid="oA")
    send_all()
    queue("三", openid="oB")
    send_all()
    clock.now += 1.0
    send_all()

    assert wechat.texts() == ["三", "一", "二"]


def test_a_message_outlives_a_wechat_that_cannot_be_reached(queue, sender_to, wechat, clock):
    with listening(wechat) as port:
        pass
    queue("一")
    sender = sender_to(port)
    sender.send_due()
    clock.now += 1.0
    with listening(wechat, port):
        assert sender.send_due() == 1

    assert wechat.texts() == ["一"]


def test_a_message_is_given_up_after_six_tries_in_a_minute_and_a_half(queue, sender_to, wechat, clock, rows):
    with listening(wechat) as port:
        pass
    queue("一")
    sender, tries = sender_to(port), 0
    for _second in range(90):
        tries += sender.send_due()
        clock.now += 1.0

    assert tries == 6
    assert rows("state", "outbox") == [("dropped",)]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_expired_is_renewed_once_and_the_message_arrives_once(queue, send_all, wechat, code):
    queue("一")
    send_all()
    wechat.expire()
    wechat.refusals = [code]
    queue("二")
    send_all()

    assert wechat.texts() == ["一", "二"]
    assert wechat.hits == {"stable_token": 2, "send": 3}


def test_a_wechat_that_refuses_every_token_is_not_asked_in_a_loop(queue, send_all, wechat, rows):
    wechat.is_deaf = True
    queue("一")
    send_all()

    assert wechat.hits["send"] == 2
    assert rows("state, attempts", "outbox") == [("pending", 1)]
    assert "40001 refused" in rows("error", "outbox")[0][0]


# What lasts


@pytest.mark.parametrize("code", [45015, 45047, 48001, 40003, 87014, 99999])
def test_what_wechat_will_never_take_is_tried_once_and_dropped(queue, send_all, wechat, clock, rows, code):
    wechat.refusals = [code]
    queue("一")
    send_all()
    clock.now += 3600.0
    send_all()

    assert wechat.hits["send"] == 1
    assert rows("state", "outbox") == [("dropped",)]
    assert str(code) in rows("error", "outbox")[0][0]


def test_the_next_message_is_tried_after_one_that_was_dropped(queue, send_all, wechat):
    wechat.refusals = [45047]
    queue("一", "二")
    send_all()

    assert wechat.texts() == ["二"]


@pytest.mark.parametrize("code", [40164, 40125])
def test_an_account_that_gets_no_token_is_not_asked_in_a_loop(queue, send_all, wechat, code):
    wechat.token_refusals = [code]
    queue("一")
    send_all()

    assert wechat.hits == {"stable_token": 1}


def test_a_message_of_an_account_that_is_not_set_any_more_is_dropped(queue, send_all, wechat, rows):
    queue("一", account=Account("gone", MINI.kind, MINI.credentials))
    send_all()

    assert rows("state, error", "outbox") == [("dropped", "the account is not set any more")]


# What nobody knows


@pytest.mark.parametrize("cut", [HANG_UP, httpx.Response(502), httpx.Response(200, content=b"<html>")])
def test_a_message_that_may_have_arrived_is_not_sent_again_and_the_next_one_goes(
    queue, send_all, wechat, clock, rows, cut
):
    wechat.refusals = [cut]
    queue("一", "二")
    send_all()
    clock.now += 3600.0
    send_all()

    assert (wechat.texts(), wechat.hits["send"]) == (["二"], 2)
    assert rows("state", "outbox ORDER BY id") == [("unknown",), ("sent",)]
    assert "do not repeat a message that may have arrived" in rows("error", "outbox ORDER BY id")[0][0]


def test_a_cut_connection_to_the_token_loses_no_message(queue, sender_to, clock):
    forgetful = CutsTheFirstToken()
    with listening(forgetful) as port:
        queue("一")
        sender = sender_to(port)
        sender.send_due()
        clock.now += 1.0
        sender.send_due()

    assert forgetful.texts() == ["一"]


# Long texts and typing


def test_a_text_that_is_too_long_for_wechat_arrives_whole_in_pieces(queue, send_all, wechat):
    wechat.max_bytes = 500
    queue(LONG)
    send_all()

    assert len(wechat.messages) > 3
    assert "".join(wechat.texts()) == LONG


def test_what_is_left_of_a_text_in_pieces_is_sent_later(queue, send_all, wechat, clock):
    wechat.max_bytes = 1100
    wechat.refusals = [45002, 0, -1, -1, -1]
    queue(LONG)
    send_all()
    clock.now += 1.0
    send_all()

    assert len(wechat.messages) == 2
    assert "".join(wechat.texts()).replace("\n", "") == LONG


@pytest.mark.parametrize("refusals", [[], [45081], [45080], [HANG_UP]])
def test_typing_is_shown_before_a_message_which_arrives_even_if_it_is_not(
    queue, sender_to, port, wechat, refusals
):
    wechat.refusals = list(refusals)
    queue("一")
    sender_to(port, Account("default", MINI.kind, MINI.credentials, shows_typing=True)).send_due()

    assert wechat.paths[1:] == ["/cgi-bin/message/custom/typing", "/cgi-bin/message/custom/send"]
    assert wechat.messages[-1]["text"]["content"] == "一"


def test_typing_is_not_shown_unless_it_is_set(queue, send_all, wechat):
    queue("一")
    send_all()

    assert wechat.hits["typing"] == 0


# What the operator sees


def said_in(caplog):
    """The sender's own lines."""
    own = "bot.channels.wechat.sender"
    return [record.getMessage() for record in caplog.records if record.name == own]


def test_a_failure_is_logged_with_its_request_id_and_without_token_secret_or_text(
    queue, send_all, wechat, caplog
):
    wechat.refusals = [45015]
    queue("私密的回答")
    with caplog.at_level(logging.DEBUG):
        send_all()

    assert said_in(caplog) == [
        "mini:default: message 1: /cgi-bin/message/custom/send: 45015 refused (rid 68f0-1a2b-3c4d); "
        "the user has to write again"
    ]
    assert [word for word in (wechat.valid, SECRET, "私密", "oUser001") if word in caplog.text] == []


# Running


def test_a_running_sender_sends_what_comes_until_it_is_told_to_stop(queue, sender, wechat):
    pauses = []

    def sleep(_seconds):
        pauses.append(queue(f"第{len(pauses)}条"))

    sender.run(lambda: len(pauses) < 3, sleep)

    assert wechat.texts() == ["第0条", "第1条"]


def test_a_starting_sender_leaves_what_a_killed_one_was_sending_and_says_so(
    queue, sender, outbox, wechat, caplog
):
    queue("发了一半", "二")
    outbox.take(1)
    pauses = []
    sender.run(lambda: not pauses, pauses.append)

    assert wechat.texts() == ["二"]
    assert said_in(caplog) == ["1 messages may or may not have arrived; they are left"]


def test_what_may_not_be_sent_any_more_is_not_sent(queue, sender, wechat, clock, rows):
    queue("迟了", valid_for=60.0)
    clock.now += 61.0
    pauses = []
    sender.run(lambda: not pauses, pauses.append)

    assert wechat.hits["send"] == 0
    assert rows("state", "outbox") == [("dropped",)]


class Idle:
    """An outbox with nothing to send, which notes when it is asked what may not be sent any more."""

    def __init__(self, clock):
        self.clock, self.swept = clock, []

    def abandon(self):
        return 0

    def take(self, limit):
        return []

    def expire(self):
        self.swept.append(round(self.clock.now))


def test_every_ten_seconds_without_work_it_is_looked_for_what_may_not_be_sent_any_more(clock):
    outbox, start = Idle(clock), clock.now
    Sender(outbox, {}, {}).run(lambda: clock.now < start + 25, clock.sleep)

    assert outbox.swept == [start, start + 10, start + 20]


class Unreadable:
    """A token cache, or an outbox, whose store fails a number of times."""

    def __init__(self, real, times):
        self.real, self.left = real, times

    def __getattr__(self, name):
        self.left -= 1
        if self.left >= 0:
            raise StoreError("locked")
        return getattr(self.real, name)


def test_a_running_sender_outlives_a_store_that_fails(queue, sender, outbox, wechat, caplog):
    queue("你好")
    sender._outbox = Unreadable(outbox, times=0)
    pauses = []

    def sleep(_seconds):
        pauses.append(_seconds)
        sender._outbox.left = 1 if len(pauses) == 1 else 0

    sender.run(lambda: len(pauses) < 3, sleep)

    assert wechat.texts() == ["你好"]
    assert 1.0 in pauses
    assert said_in(caplog) == ["the store failed: locked"]


class Forgetful:
    """An outbox that cannot be told what became of messages, a number of times."""

    def __init__(self, outbox, times):
        self.outbox, self.left = outbox, times

    def __getattr__(self, name):
        return getattr(self.outbox, name)

    def sent(self, due):
        self.left -= 1
        if self.left >= 0:
            raise StoreError("locked")
        self.outbox.sent(due)


def test_what_the_store_could_not_be_told_is_logged_counted_and_told_later(
    queue, sender, outbox, wechat, caplog, rows
):
    observed, pauses = [], []
    sender._observe, sender._outbox = (lambda *told: observed.append(told)), Forgetful(outbox, times=2)
    queue("你好")
    sender.run(lambda: len(pauses) < 2, pauses.append)

    assert said_in(caplog) == ["mini:default: message 1: sent; locked", "the store failed: locked"]
    assert (wechat.texts(), observed) == (["你好"], [("mini:default", "sent")])
    assert rows("state", "outbox") == [("sent",)]


def test_a_token_that_cannot_be_read_delays_a_message_and_loses_none(
    queue, database, outbox, wechat, port, clock, rows
):
    tokens = Unreadable(StoredTokens(database, Secrets(KEY), time.time, time.sleep), times=1)
    with closing(httpx.HTTPTransport(verify=False)) as transport:
        address = f"http://127.0.0.1:{port}"
        app = App(APP_ID, SECRET)
        api = wechat_api(app, transport, tokens, clock=clock, sleep=clock.sleep, base_url=address)
        sender = Sender(outbox, {MINI.channel: MINI}, {MINI.channel: api})
        queue("你好")
        sender.send_due()
        assert rows("state, error", "outbox") == [("pending", "locked")]
        clock.now += 1.0
        sender.send_due()

    assert wechat.texts() == ["你好"]


# As settings wire it


def test_a_mini_programs_question_is_answered_through_the_api_as_it_is_set(answerer, wechat, port, tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data",
        wechat_mini_app_id=APP_ID,
        wechat_mini_token=TOKEN,
        wechat_mini_app_secret=SECRET,
        wechat_api_base=f"http://127.0.0.1:{port}",
    )
    service = WechatService(settings)
    (desk,) = service.desks(answerer, print)
    with Flask("bot").test_request_context():
        desk.push(signed_query(), json_push(Content="备案时间", MsgId="1"))

    sender = service.sender(WechatMetrics(CollectorRegistry()))
    assert (service.has_sender, sender.send_due()) == (True, 1)
    assert wechat.texts()[0].startswith("一般要一到二十个工作日。")


def test_without_accounts_nothing_is_opened_and_nobody_sends(answerer, tmp_path):
    service = WechatService(Settings(data_dir=tmp_path / "data"))

    assert (service.desks(answerer, print), service.has_sender) == ([], False)
    assert not (tmp_path / "data").exists()

"""What the log and the counts say of a delivery that goes wrong: which account and what, but not who."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.answering.answerer import Answerer
from bot.channels.overload import is_turned_away
from bot.channels.wechat.blueprint import Desk
from bot.channels.wechat.judging import Asking
from bot.channels.wechat.user_limits import ONE_NOTICE, UserLimits
from bot.errors import StoreError
from bot.limiting.moments import Moments
from bot.limiting.rates import Allowance, Rate
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from tests.channels.wechat.chat import USER, fields, written
from tests.channels.wechat.conftest import KEY, MINI, OFFICIAL
from tests.wechat.fakes import signed_query

STORE_FAILED = "official:default: the store failed: locked"
SHORT = "一般要一到二十个工作日。"
QUESTION = "这个回答有帮助吗？"


class Broken:
    """A database that is always locked, or broken in a way that nobody foresaw."""

    def __init__(self, error):
        self.error = error

    def writing(self):
        raise self.error

    looking_up = writing


class Raced(Inbox):
    """Another worker settles each push first."""

    def settle(self, key, settlement):
        super().settle(key, replace(settlement, said=replace(settlement.said, text="先到。")))
        return super().settle(key, settlement)


@pytest.fixture
def logged(caplog):
    """The lines of the channel so far, none of which names the user."""

    def logged():
        assert USER not in caplog.text
        return [record.getMessage() for record in caplog.records]

    return logged


@pytest.fixture
def counted():
    return []


@pytest.fixture
def desk(answerer, database, clock, counted):
    """A desk whose store fails with an error, if one is given; it never waits."""

    def desk(account=OFFICIAL, error=None, inbox=Inbox, answerer=answerer, **options):
        inbox = inbox(Broken(error) if error else database, Secrets(KEY), clock)

        def observe(account, kind, result):
            counted.append((account, str(kind), str(result)))

        return Desk(account, answerer, inbox, clock, lambda _: None, observe=observe, **options)

    return desk


def says(desk, content="备案时间", **more):
    return desk.push(signed_query(), written(fields(Content=content, **more))).body


def test_a_delivery_and_its_repetition_are_counted_and_nothing_is_logged(desk, counted, logged):
    desk, filing = desk(), written(fields(Content="备案时间"))
    replies = {desk.push(signed_query(), filing).body for _ in range(2)}

    assert len(replies) == 1 and SHORT in replies.pop()
    assert counted == [("official:default", "text", "settled"), ("official:default", "text", "repeated")]
    assert logged() == []


def test_a_delivery_that_another_worker_settled_first_counts_as_repeated(desk, counted):
    assert "先到。" in says(desk(inbox=Raced))
    assert counted == [("official:default", "text", "repeated")]


def test_a_push_that_cannot_be_read_is_logged_with_the_reason(desk, counted, logged):
    assert desk().push(signed_query(), b"?").body == "success"
    assert logged() == ["official:default: unusable push: the body is neither XML nor JSON"]
    assert counted == [("official:default", "unknown", "unusable")]


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_wechat_is_refused_and_logged_with_the_reason(chat, logged, method):
    chat = chat()
    query = {**signed_query(), "signature": "0" * 40}
    response = getattr(chat.client, method)(chat.address, query_string=query)

    assert (response.status, response.text) == ("403 FORBIDDEN", "not authentic\n")
    assert response.content_type == "text/plain; charset=utf-8"
    assert logged() == ["official:default: refused: signature does not fit token, timestamp and nonce"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_account_that_is_not_there_is_answered_with_where_to_read_on(chat, logged, method):
    response = getattr(chat().client, method)("/wechat/official/nobody", query_string=signed_query())

    assert (response.status, response.content_type) == ("404 NOT FOUND", "text/plain; charset=utf-8")
    assert response.text == "there is no such WeChat account here; see docs/wechat.md\n"
    assert logged() == []


def test_a_handshake_and_a_push_are_answered_in_their_media_types(chat):
    chat = chat()
    handshake = chat.client.get(chat.address, query_string=signed_query(echostr="4711"))
    push = chat.deliver(fields(Content="备案时间"))

    assert (handshake.status, handshake.text) == ("200 OK", "4711")
    assert handshake.content_type == "text/plain; charset=utf-8"
    assert (push.status, push.content_type) == ("200 OK", "application/xml; charset=utf-8")
    assert push.content_length == len(push.data)


def test_without_the_store_an_official_account_answers_and_asks_for_no_verdict(desk, counted, logged):
    reply = says(desk(replace(OFFICIAL, feedback=Asking.ALWAYS), StoreError("locked")))

    assert SHORT in reply and QUESTION not in reply
    assert logged() == [STORE_FAILED]
    assert counted == [("official:default", "text", "failed")]


def test_with_the_store_it_asks(desk):
    assert QUESTION in says(desk(replace(OFFICIAL, feedback=Asking.ALWAYS)))


def test_what_nobody_foresaw_is_logged_and_the_answer_comes(desk, counted, logged):
    assert SHORT in says(desk(error=RuntimeError("broken")))
    assert logged() == ["official:default: a push failed"]
    assert counted == [("official:default", "text", "failed")]


def test_an_answer_that_fails_is_logged_and_said_to_have_failed(desk, counted, logged):
    def unusable():
        raise RuntimeError("no index")

    assert "<Content><![CDATA[" in says(desk(answerer=Answerer(unusable)))
    assert logged() == ["official:default: no answer to a push"]
    assert counted == [("official:default", "text", "settled")]


def test_who_writes_too_much_hears_nothing_when_the_store_fails_as_well(desk, clock, counted, logged):
    def limit(rate):
        return Allowance(rate, "user", Moments(), lambda: int(clock.now * 10**9))

    desk = desk(error=StoreError("locked"), limits=UserLimits(limit(Rate(1, 60)), limit(ONE_NOTICE)))
    replies = [says(desk) for _ in range(3)]

    assert (SHORT in replies[0], "太快" in replies[1], replies[2]) == (True, True, "success")
    assert logged() == [STORE_FAILED] * 3
    assert [result for _, _, result in counted] == ["failed", "failed", "limited"]


def test_who_writes_too_much_gets_the_reply_to_a_repeated_delivery(desk, clock, counted):
    def limit(rate):
        return Allowance(rate, "user", Moments(), lambda: int(clock.now * 10**9))

    desk = desk(limits=UserLimits(limit(Rate(1, 60)), limit(ONE_NOTICE)))
    filing = written(fields(Content="备案时间"))
    first = desk.push(signed_query(), filing).body
    says(desk)

    assert desk.push(signed_query(), filing).body == first
    assert [result for _, _, result in counted] == ["settled", "settled", "repeated"]


@pytest.fixture
def flood():
    """Everybody is turned away."""
    token = is_turned_away.set(True)
    yield
    is_turned_away.reset(token)


@pytest.mark.usefixtures("flood")
@pytest.mark.parametrize(
    ("account", "result"), [(OFFICIAL, "turned_away"), (MINI, "failed")], ids=lambda each: str(each)[:16]
)
def test_who_is_turned_away_keeps_nobody_busy_when_the_store_fails(desk, counted, logged, account, result):
    reply = says(desk(account, StoreError("locked")))

    assert ("咨询的人太多" in reply) is (account is OFFICIAL)
    assert logged() == [f"{account.channel}: the store failed: locked"]
    assert counted == [(account.channel, "text", result)]


def test_the_time_that_an_answer_took_is_part_of_the_time_of_its_delivery(desk, rows):
    desk, started = desk(), time.perf_counter()
    says(desk)
    whole_ms = 1000 * (time.perf_counter() - started)

    assert 0 < rows("latency_ms", "questions")[0][0] < whole_ms

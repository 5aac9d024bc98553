"""More than a real gunicorn can serve: who is turned away and how, who is not, and how soon it is over."""

from __future__ import annotations

import json
import socket
from collections import Counter
from contextlib import closing, contextmanager
from itertools import count
from urllib.parse import urlencode

import pytest

from tests.channels.test_metrics import samples
from tests.channels.wechat.test_sender import listening
from tests.channels.wechat.test_turned_away import CHINESE, ENGLISH
from tests.serving import serving
from tests.store.faults import until
from tests.wechat.fakes import FakeWeChat, both_accounts, signed_query, xml_text

pytestmark = pytest.mark.model

PATIENCE, WAITING = 20.0, 3
# In words that the knowledge has not: what is asked in its own is remembered, and needs no thread.
BODY = json.dumps({"question": "我的备案大概还要等几天呀"}).encode()
KNOWN = json.dumps({"question": "备案时间"}).encode()
# It gets a thread at once, which tells it to go on, and keeps that thread until it does.
HESITANT = (
    b"POST /ask HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nExpect: 100-continue\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
)
_ids = count(24_000_000_000_000_001)


@pytest.fixture(scope="module")
def wechat():
    return FakeWeChat()


@pytest.fixture(scope="module")
def server(built, wechat, tmp_path_factory):
    """One worker with one thread, for which three may wait."""
    folder = tmp_path_factory.mktemp("overload")
    own = built.model_copy(update={"data_dir": folder / "data"})
    one = {"BOT_THREADS": "1", "BOT_WAITING_REQUESTS": str(WAITING)}
    with (
        listening(wechat) as port,
        serving(own, folder / "log", workers=1, **one, **both_accounts(port)) as server,
    ):
        server.wait_for("ready at")
        yield server


def request(head, body=b""):
    return (
        f"{head} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


ASK, PROBES = (
    request("POST /ask", BODY),
    [request(f"GET {path}") for path in ("/healthz", "/readyz", "/metrics")],
)


def push(address, content="备案时间", number=None):
    body = xml_text(content, str(number or next(_ids)))
    return request(f"POST /wechat/{address}?{urlencode(signed_query())}", body)


class Client:
    """A connection on which something was asked."""

    def __init__(self, server, request):
        self.connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.connection.sendall(request)

    def reply(self):
        """Status, headers and body, once the server has closed."""
        with self.connection:
            received = b"".join(iter(lambda: self.connection.recv(100_000), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body.decode()


@contextmanager
def held(server, waiting=0):
    """The only thread waits for a client who does not go on, and so many others for the thread.

    Gives what lets all of them go on, whose replies it returns; at the end nobody waits any more.
    """
    first, others = Client(server, HESITANT), []

    def go_on():
        first.connection.sendall(BODY)
        return [client.reply() for client in (first, *others)]

    with closing(first.connection):
        assert b"100 Continue" in first.connection.recv(1000)
        others += [Client(server, ASK) for _ in range(waiting)]
        yield go_on
        if first.connection.fileno() >= 0:
            go_on()


def shed(server):
    found = samples(server.get("/metrics").content)
    return Counter({key[1]: value for key, value in found.items() if key[0] == "bot_http_shed_total"})


def test_who_finds_the_line_full_is_turned_away_and_who_stands_in_it_is_answered(server):
    before = shed(server)
    with held(server, WAITING) as go_on:
        status, headers, body = Client(server, ASK).reply()
        answered = go_on()

    assert (status, headers["Content-Type"], headers["Retry-After"]) == (503, "application/problem+json", "2")
    problem = json.loads(body)
    assert problem["detail"] == "too many requests at once; try again in 2 s"
    assert problem["request_id"] == headers["X-Request-ID"]
    assert [status for status, _, _ in answered] == [200] * (1 + WAITING)
    assert shed(server) - before == {"refused": 1}


def test_what_is_remembered_is_answered_whoever_waits(server):
    known = request("POST /ask", KNOWN)
    first = Client(server, known).reply()
    with held(server, WAITING):
        again = [Client(server, known).reply() for _ in range(2 * WAITING)]

    assert {status for status, _, _ in (first, *again)} == {200}
    assert {json.loads(body)["answer"] for _, _, body in again} == {json.loads(first[2])["answer"]}
    assert len({json.loads(body)["request_id"] for _, _, body in again}) == len(again)


def test_a_kept_connection_may_ask_for_what_is_remembered_again_and_again(server):
    known = request("POST /ask", KNOWN).replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        # Two at once: the second is read with the first.
        connection.sendall(known + known)
        answers = _bodies(connection, 2)
        for _ in range(3):
            connection.sendall(known[:-5])
            connection.sendall(known[-5:])
            answers += _bodies(connection, 1)

    assert len({body["request_id"] for body in answers}) == 5
    assert len({body["answer"] for body in answers}) == 1


def _bodies(connection, count):
    """So many responses' JSON, from a connection that is kept."""
    with connection.makefile("rb") as file:
        return [_body(file) for _ in range(count)]


def _body(file):
    head = dict(line.split(b": ", 1) for line in iter(lambda: file.readline().strip(), b"") if b": " in line)
    return json.loads(file.read(int(head[b"Content-Length"])))


def test_who_watches_over_the_bot_is_answered_whatever_waits(server):
    with held(server, WAITING):
        assert [Client(server, probe).reply()[0] for probe in PROBES * 3] == [200] * 9


def test_who_waits_for_too_long_is_turned_away_too(server):
    with held(server, WAITING - 1), closing(Client(server, ASK).connection) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 503 ")


def test_a_browser_gets_a_page_that_tries_again(server):
    page = ASK.replace(b"Connection: close", b"Connection: close\r\nAccept: text/html,*/*;q=0.8")
    with held(server, WAITING):
        status, headers, body = Client(server, page).reply()

    assert (status, headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "现在访问的人太多，本页会自动重试。" in body and 'http-equiv="refresh" content="2"' in body


@pytest.mark.parametrize(("content", "words"), [("备案时间", CHINESE), ("filing duration", ENGLISH)])
def test_an_official_account_s_users_are_told_in_their_language(server, content, words):
    with held(server, WAITING):
        status, _, body = Client(server, push("official", content)).reply()

    assert status == 200 and words in body


def test_a_mini_program_s_user_is_told_by_a_customer_message(server, wechat):
    sent = len(wechat.messages)
    with held(server, WAITING):
        assert Client(server, push("mini")).reply()[::2] == (200, "success")
    until(lambda: len(wechat.messages) > sent)

    assert [message["text"]["content"] for message in wechat.messages[sent:]] == [CHINESE]


def test_a_kept_connection_that_is_turned_away_is_closed(server):
    kept = request("GET /healthz").replace(b"Connection: close\r\n", b"")
    client = Client(server, kept)
    first = b""
    while b"}" not in first:  # head and body may come one after the other
        first += client.connection.recv(100_000)
    assert first.startswith(b"HTTP/1.1 200 ")
    with held(server, WAITING):
        client.connection.sendall(ASK.replace(b"Connection: close\r\n", b""))
        assert client.reply()[0] == 503


def test_a_request_that_goes_on_after_it_was_turned_away_still_hears_why(server):
    with held(server, WAITING):
        long = request("POST /ask", BODY.ljust(60_000))
        assert Client(server, long).reply()[0] == 503


def test_a_flood_loses_no_push_and_is_over_when_it_ends(server, wechat):
    sent, before = len(wechat.messages), shed(server)
    mini = [push("mini") for _ in range(40)]
    mixed = [each for push_ in mini for each in (ASK, push("official"), push_, ASK)]
    clients = [Client(server, each) for each in mixed]
    answered = [client.reply() for client in clients]
    asked, pushed = answered[::4] + answered[3::4], answered[1::4] + answered[2::4]
    after = Client(server, ASK).reply()[0]

    gone = shed(server) - before
    unread_official = sum(body == "success" for _, _, body in answered[1::4])
    unread_mini = gone["unread"] - unread_official
    until(lambda: len(wechat.messages) - sent >= len(mini) - unread_mini)
    assert Counter(status for status, _, _ in asked) == {
        200: len(asked) - gone["refused"],
        503: gone["refused"],
    }
    assert {status for status, _, _ in pushed} == {200}
    assert len(wechat.messages) - sent == len(mini) - unread_mini
    assert gone["refused"] > 0 and after == 200


def test_the_log_says_that_it_turned_away(server):
    server.wait_for("overloaded: turned ")

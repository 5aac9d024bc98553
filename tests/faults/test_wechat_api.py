"""WeChat's API is down, slow or talks rubbish: what surely did not arrive is sent later, the rest once."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from tests.faults.wechat import OK, drips, push, resets, says
from tests.store.faults import until

pytestmark = pytest.mark.model
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# Each of these leaves open whether the message arrived.
RUBBISH = {
    "a page": says(b"<html><h1>Bad gateway</h1></html>"),
    "half an object": says(b'{"errcode": 0, "errm'),
    "a list": says(b'[{"errcode": 0}]'),
    "nothing": says(b""),
    "no text": says(b"\xff\xfe\x00\x80"),
    "HTTP 502": says(b"<html>502</html>", "502 Bad Gateway"),
    "HTTP 500": says(OK, "500 Internal Server Error"),
    "too much": says(b'{"errcode": 0, "x": "' + b"x" * 2_000_000 + b'"}'),
    "no HTTP": lambda line: line.sendall(b"220 mail.example ESMTP\r\n"),
    "a lie about the length": lambda line: line.sendall(HEAD + b"Content-Length: 100\r\n\r\n{}"),
    "a reset": resets,
    "silence": lambda line: line.close(),
}


def test_after_rubbish_a_message_is_not_repeated_and_the_next_one_arrives(server, wechat, states):
    for name, rubbish in RUBBISH.items():
        wechat.misfortunes.append(rubbish)
        sent = len(wechat.arrived)
        push(server.address, name)
        until(lambda sent=sent: len(wechat.arrived) > sent)
        push(server.address, name, "food licence for a mini program")
        until(lambda name=name: len(wechat.by(name)) == 2)

    assert all(len({*wechat.by(name)}) == 2 for name in RUBBISH)
    until(lambda: states()[-1:] == ["sent"])
    came_of = states()[-2 * len(RUBBISH) :]
    pairs = zip(came_of[::2], came_of[1::2], strict=True)
    assert dict(zip(RUBBISH, pairs, strict=True)) == dict.fromkeys(RUBBISH, ("unknown", "sent"))


@pytest.mark.parametrize(
    "parts",
    [
        chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"X-Slow: x\r\n")),
        chain([HEAD, b"Content-Length: 9999\r\n\r\n{"], repeat(b" ")),
    ],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_in_holds_the_others_up_for_seconds_only(server, wechat, states, parts):
    wechat.misfortunes.append(drips(parts, wechat))
    before = len(wechat.by("others"))
    push(server.address, "dripped upon")
    until(lambda: not wechat.misfortunes)
    push(server.address, "others")

    until(lambda: len(wechat.by("others")) > before)
    until(lambda: states()[-2:] == ["unknown", "sent"])


def test_what_is_asked_while_the_api_is_down_is_answered_when_it_is_back(server, api, wechat):
    api.stop()
    push(server.address, "patient")
    until(lambda: "ConnectError" in server.log.read_text())
    api.start()

    until(lambda: wechat.by("patient"))
    assert len(wechat.by("patient")) == 1


def test_without_a_token_nothing_is_sent_and_nothing_is_lost(server, wechat, machine):
    """The clock is put on beyond any other test, so that no token lasts; then rubbish comes in its place."""
    wechat.of_tokens.extend([says(b'{"access_token": 7, "expires_in": "soon"}'), resets])
    machine.set_clock(7 * 86_400)
    push(server.address, "token")
    until(lambda: wechat.by("token"))
    machine.set_clock(0)

    assert (len(wechat.by("token")), len(wechat.of_tokens)) == (1, 0)

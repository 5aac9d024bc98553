"""Pushes that are answered before Flask hears of them: what is sent, and what is left to Flask."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from werkzeug.exceptions import SecurityError
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from bot.channels.plain import ROUTE
from bot.channels.wechat.plain_pushes import body, deliver_plainly, everywhere
from bot.wechat.fields import MAX_BODY_BYTES


def own_host_only(environ):
    if environ["HTTP_HOST"] != "bot.example":
        raise SecurityError


@pytest.fixture
def posted():
    """What comes of a request to a path whose pushes say back what they hold, beside a page of Flask's."""

    def posted(method="POST", admit=everywhere, **request):
        app = Flask("bot", static_folder=None)
        app.add_url_rule("/push", "push", view_func=lambda: "a page", methods=["GET", "POST"])
        app.add_url_rule("/other", "other", view_func=lambda: "another page", methods=["POST"])
        pushed = {"path": "/push"} | request

        def deliver(request):
            return f"{request.args['n']}：{body(request).decode()}", "application/xml", "299 Told"

        deliver_plainly(app, "/push", "/<push>", deliver, admit)
        environ = EnvironBuilder(method=method, query_string={"n": "1"}, **pushed).get_environ()
        head = []
        text = b"".join(app(environ, lambda *said: head.extend(said)))
        return text.decode(), *head, environ.get(ROUTE)

    return posted


def test_a_push_is_answered_as_it_is_delivered_and_known_by_its_route(posted):
    text, status, headers, route = posted(data="你好".encode())

    assert (text, status, route) == ("1：你好", "299 Told", "/<push>")
    assert headers == [
        ("Content-Type", "application/xml; charset=utf-8"),
        ("Content-Length", str(len(text.encode()))),
    ]


@pytest.mark.parametrize(("host", "said"), [("bot.example", "1："), ("evil.example", "a page")])
def test_what_is_meant_for_another_host_is_left_to_flask(posted, host, said):
    assert posted(admit=own_host_only, base_url=f"http://{host}/")[0] == said


def test_other_requests_to_the_path_are_left_to_flask(posted):
    assert posted("GET")[0] == "a page"


def test_other_paths_are_left_to_flask(posted):
    assert posted(path="/other")[0] == "another page"


@pytest.mark.parametrize(("size", "read"), [(0, 0), (MAX_BODY_BYTES + 1, MAX_BODY_BYTES + 1)])
def test_a_body_is_read_as_far_as_is_needed_to_see_that_it_is_too_long(posted, size, read):
    assert posted(data=b"x" * size)[0] == "1：" + "x" * read


def test_a_body_that_says_that_it_is_longer_still_is_not_read(posted):
    assert posted(data=b"x" * (MAX_BODY_BYTES + 2))[0] == "1："


def test_a_body_without_an_end_is_not_read_further():
    class Endless(BytesIO):
        served = 0

        def read(self, size=-1):
            assert size >= 0
            self.served += size
            return b"x" * size

    endless = Endless()
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": endless, "wsgi.input_terminated": True}

    assert len(body(Request(environ))) == MAX_BODY_BYTES + 1 == endless.served

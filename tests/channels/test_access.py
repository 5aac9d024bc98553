"""Who may ask, how often, from which page and through which proxy: as callers meet it."""

from __future__ import annotations

import re
import time
from contextlib import closing

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator

from bot.admin.blueprint import admin_blueprint
from bot.admin.description import admin_api
from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.feedback import feedback_blueprint
from bot.channels.health import health_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.openapi import document
from bot.channels.problems import register_problems
from bot.channels.sessions import Sessions
from bot.domain import LogState, Scope
from bot.protection import Protection
from bot.settings import Settings
from bot.store.api_keys import ApiKeyRows
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.known_keys import KnownKeys
from bot.store.secrets import Secrets
from tests.fakes import DirectLog, FakeIndex, make_entry

INDEX = FakeIndex(make_entry("filing", "备案要多久", related=("fees",)), make_entry("fees", "要花多少钱"))
QUESTION = {"question": "备案要多久"}
OPINION = {"request_id": "request-1", "verdict": "up"}
ADMIN_KEY = "0123456789abcdef0123456789abcdef"
SHOP = "https://shop.example"
# What a browser adds to a request of the chat page.
OWN_PAGE = {"Bot-Channel": "chat", "Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


class Remembering:
    def give(self, *_given):
        return True


class Bot:
    """A bot with these settings; its log, and its keys."""

    def __init__(self, database, **settings):
        self.rows = ApiKeyRows(database, time.time)
        self.keys = KnownKeys(lambda: self.rows, time.time)
        self.log = DirectLog()
        app = Flask("bot", static_folder=None)
        register_problems(app)
        protection = Protection(Settings(**settings), self.keys)
        protection.cover(app)
        talks = Conversations(database, Secrets(b"k" * 32), time.time, 1800.0)
        ask = ask_blueprint(
            Answerer(lambda: INDEX),
            Sessions(lambda: talks, LateTurns(lambda: talks, time.time)),
            self.log,
            time.time,
            protection.admission(Scope.ASK),
        )
        app.register_blueprint(protection.shared(ask))
        feedback = feedback_blueprint(Remembering, lambda _: None)
        app.register_blueprint(protection.public(feedback, Scope.FEEDBACK))
        jobs = Jobs(database, time.time)
        app.register_blueprint(admin_blueprint(ADMIN_KEY, lambda: jobs, lambda *_: None, self.keys))
        app.register_blueprint(health_blueprint(lambda: INDEX, lambda: INDEX, str, lambda: LogState()))
        self.http = app.test_client()
        self.http.environ_base["REMOTE_ADDR"] = "192.0.2.1"

    def ask(self, address="192.0.2.1", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        environ = {"REMOTE_ADDR": address}
        return self.http.post("/ask", json=QUESTION, headers=names, environ_overrides=environ)

    def bearer(self, name="shop", *scopes, **options):
        return {"Authorization": f"Bearer {self.rows.create(name, scopes or {Scope.ASK}, **options)}"}


@pytest.fixture
def bot(tmp_path):
    """Opens a bot: ``bot(require_key=True)``."""
    with closing(Database(f"sqlite:///{tmp_path}/bot.db")) as database:
        opened = []

        def open_bot(**settings):
            opened.append(Bot(database, **settings))
            return opened[-1]

        yield open_bot
        for each in opened:
            each.keys.close()


def statuses(responses):
    return [response.status_code for response in responses]


def detail_of(response, status):
    """The problem's detail, after it was compared with the API's description."""
    described = document(admin_api())
    path = "/admin/index/rebuild" if response.request.path.startswith("/admin") else response.request.path
    operation = described["paths"][path]["post"]
    told = operation["responses"][str(status)]
    schema = told["content"][response.mimetype]["schema"] | {"components": described["components"]}

    assert response.status_code == status
    assert [error.message for error in OAS31Validator(schema).iter_errors(response.json)] == []
    assert [name for name in told["headers"] if name not in response.headers] == []
    return response.json["detail"]


def wait_of(response):
    """Seconds that somebody who asks too often is told to wait: fewer, the longer asking took."""
    return int(re.search(r"; wait (\d+) s ", detail_of(response, 429))[1])


# How often


def test_an_address_that_asks_too_often_is_told_how_long_to_wait(bot):
    bot = bot(rate_per_address="3/minute")
    allowed, refused = [bot.ask() for _ in range(3)], bot.ask()

    assert statuses(allowed) == [200] * 3
    assert "this address has asked too often" in detail_of(refused, 429)
    assert wait_of(refused) == int(refused.headers["Retry-After"]) <= 20
    assert len(bot.log.written) == 3


def test_other_addresses_go_on(bot):
    bot = bot(rate_per_address="1/minute")

    assert statuses([bot.ask("192.0.2.1"), bot.ask("192.0.2.1"), bot.ask("192.0.2.2")]) == [200, 429, 200]


def test_all_addresses_of_one_ipv6_connection_are_one(bot):
    bot = bot(rate_per_address="1/minute")
    addresses = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")

    assert statuses(bot.ask(address) for address in addresses) == [200, 429, 200]


def test_questions_and_feedback_are_counted_together(bot):
    bot = bot(rate_per_address="2/minute")
    post = bot.http.post

    assert statuses([post("/ask", json=QUESTION), post("/feedback", json=OPINION)]) == [200, 204]
    assert statuses([post("/ask", json=QUESTION), post("/feedback", json=OPINION)]) == [429, 429]


def test_health_is_not_counted(bot):
    bot = bot(rate_per_address="1/minute")

    assert statuses(bot.http.get("/healthz") for _ in range(20)) == [200] * 20


def test_without_a_rate_nobody_is_refused(bot):
    bot = bot(rate_per_address="")

    assert statuses(bot.ask() for _ in range(400)) == [200] * 400


def test_a_key_has_a_rate_of_its_own_wherever_it_is_used(bot):
    bot = bot(rate_per_address="1/minute", rate_per_key="2/minute")
    key = bot.bearer()
    replies = [bot.ask(f"192.0.2.{number}", **key) for number in range(3)]

    assert statuses(replies) == [200, 200, 429]
    assert "the key shop has asked too often" in detail_of(replies[-1], 429)
    assert 0 < wait_of(replies[-1]) <= 30


def test_guessing_keys_is_counted_by_address(bot):
    bot = bot(rate_per_address="2/minute")
    guesses = [bot.ask(Authorization=f"Bearer botkey_{number}") for number in range(3)]

    assert statuses(guesses) == [401, 401, 429]


def test_guessing_the_operators_key_is_counted_too(bot):
    bot = bot(rate_per_address="2/minute")
    guess = {"Authorization": "Bearer wrong"}
    replies = [bot.http.post("/admin/index/rebuild", headers=guess) for _ in range(3)]

    assert statuses(replies) == [401, 401, 429]
    assert 0 < wait_of(replies[-1]) <= 30


# Keys


def test_who_has_no_key_needs_none(bot):
    assert bot().ask().status_code == 200


def test_where_a_key_is_needed_it_is_said_how_to_get_and_send_it(bot):
    refused = bot(require_key=True).ask()
    detail = detail_of(refused, 401)

    assert "Authorization: Bearer KEY" in detail and "keys create" in detail
    assert refused.headers["WWW-Authenticate"] == "Bearer realm=api"


def test_where_a_key_is_needed_a_key_opens(bot):
    bot = bot(require_key=True)

    assert bot.ask(**bot.bearer()).status_code == 200


@pytest.mark.parametrize("given", ["Bearer", "Bearer ", "Bearer botkey_made-up", "bearer é"])
def test_a_key_that_is_none_is_refused_also_where_none_is_needed(bot, given):
    assert "this key is unknown, expired or revoked" in detail_of(bot().ask(Authorization=given), 401)


def test_what_is_no_key_at_all_is_passed_over(bot):
    assert bot().ask(Authorization="Basic dXNlcjpwYXNz").status_code == 200


def test_a_key_that_has_expired_is_refused(bot):
    bot = bot()

    assert bot.ask(**bot.bearer(expires_at=time.time() - 1)).status_code == 401


def test_a_key_opens_what_its_scopes_name_and_nothing_else(bot):
    bot = bot()
    ask, judge = bot.bearer("ask", Scope.ASK), bot.bearer("judge", Scope.FEEDBACK)
    refused = bot.ask(**judge)

    assert bot.http.post("/feedback", json=OPINION, headers=judge).status_code == 204
    assert (
        "the key judge has no scope ask; make another with flask --app wsgi keys create NAME --scope ask"
        in (detail_of(refused, 403))
    )
    assert bot.http.post("/feedback", json=OPINION, headers=ask).status_code == 403


def test_a_key_with_the_scope_may_rebuild_and_others_may_not(bot):
    bot = bot()
    rebuild, ask = bot.bearer("deploy", Scope.REBUILD), bot.bearer("shop", Scope.ASK)

    assert bot.http.post("/admin/index/rebuild", headers=rebuild).status_code == 202
    assert "no scope rebuild" in detail_of(bot.http.post("/admin/index/rebuild", headers=ask), 403)
    assert bot.http.post("/admin/index/rebuild").status_code == 401


def test_nothing_of_a_request_without_its_key_is_looked_at(bot):
    bot = bot(require_key=True)

    assert bot.http.post("/ask", data=b"{" * 200_000).status_code == 401
    assert bot.log.written == []


def test_answers_are_kept_by_no_cache(bot):
    assert bot().ask().headers["Cache-Control"] == "no-store"


# The chat page of this server


def test_the_chat_asks_without_a_key_where_others_need_one(bot):
    bot = bot(require_key=True)

    assert bot.ask(**OWN_PAGE).status_code == 200
    assert bot.http.post("/feedback", json=OPINION, headers=OWN_PAGE).status_code == 204


def test_the_chat_is_counted_by_address(bot):
    bot = bot(require_key=True, rate_per_address="1/minute")

    assert statuses([bot.ask(**OWN_PAGE), bot.ask(**OWN_PAGE)]) == [200, 429]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_page_is_not_taken_for_the_chat(bot, site):
    assert bot(require_key=True).ask(**OWN_PAGE | {"Sec-Fetch-Site": site}).status_code == 401


def test_over_plain_http_the_origin_says_whose_page_it_is(bot):
    bot = bot(require_key=True)
    own, other = ({"Bot-Channel": "chat", "Origin": origin} for origin in ("http://localhost", SHOP))

    assert statuses([bot.ask(**own), bot.ask(**other), bot.ask(Bot_Channel="chat")]) == [200, 401, 401]


def test_questions_of_the_chat_are_logged_as_its_own(bot):
    bot = bot()
    bot.ask(**OWN_PAGE)
    bot.ask(Bot_Channel="chat")
    bot.ask()

    assert [question.channel for question in bot.log.written] == ["chat", "ask", "ask"]


def test_one_session_id_is_two_conversations_on_two_channels(bot):
    bot = bot()
    first, more = (QUESTION | {"session_id": "s"}), {"question": "1", "session_id": "s"}
    bot.http.post("/ask", json=first, headers=OWN_PAGE)

    assert bot.http.post("/ask", json=more).json["entry"] is None
    assert bot.http.post("/ask", json=more, headers=OWN_PAGE).json["entry"]["id"] == "fees"


@pytest.mark.parametrize("value", ["", "ask", "CHAT", "chat,chat"])
def test_another_channel_is_refused(bot, value):
    refused = bot().ask(Bot_Channel=value)

    assert "Bot-Channel: only the web chat sends this header" in detail_of(refused, 400)


# Other people's pages


def preflight(bot, origin=SHOP, method="POST", headers="authorization,content-type", path="/ask"):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return bot.http.options(path, headers=asked)


@pytest.mark.parametrize("path", ["/ask", "/feedback"])
def test_a_page_that_may_call_is_told_so_before_and_with_the_reply(bot, path):
    bot = bot(cors_origins=f"{SHOP} http://localhost:3000", require_key=True)
    told = preflight(bot, path=path)

    assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert told.headers["Access-Control-Allow-Headers"].lower() == "authorization, content-type"
    assert "POST" in told.headers["Access-Control-Allow-Methods"]
    assert told.headers["Access-Control-Max-Age"] == "600"

    reply = bot.ask(Origin=SHOP, **bot.bearer())
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert "Retry-After" in reply.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert "Origin" in reply.headers["Vary"]


def test_a_page_that_may_call_can_read_why_it_was_refused(bot):
    refused = bot(cors_origins=SHOP, require_key=True).ask(Origin=SHOP)

    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, SHOP)


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shopXexample",
        "null",
    ],
)
def test_other_pages_are_told_nothing(bot, origin):
    bot = bot(cors_origins=SHOP)

    for response in (preflight(bot, origin), bot.ask(Origin=origin)):
        assert [name for name, _ in response.headers if name.startswith("Access-Control")] == []


def test_a_page_that_may_call_may_not_say_that_it_is_the_chat(bot):
    told = preflight(bot(cors_origins=SHOP), headers="bot-channel,content-type")

    assert told.headers["Access-Control-Allow-Headers"].lower() == "content-type"


def test_unless_it_is_set_no_other_page_may_call(bot):
    assert "Access-Control-Allow-Origin" not in preflight(bot()).headers


def test_asking_whether_a_page_may_call_costs_nothing(bot):
    bot = bot(cors_origins=SHOP, rate_per_address="1/minute")

    assert statuses(preflight(bot) for _ in range(5)) == [200] * 5


# Proxies and names


def test_without_proxies_nobody_is_believed_who_they_say_they_are(bot):
    bot = bot(rate_per_address="1/minute")
    replies = [bot.ask(X_Forwarded_For=f"198.51.100.{number}") for number in range(2)]

    assert statuses(replies) == [200, 429]


def test_of_a_proxy_that_is_not_believed_the_log_says_so_once(bot, caplog):
    bot = bot(rate_per_address="1/minute")
    for _ in range(5):
        bot.ask(X_Forwarded_For="198.51.100.1")

    assert [record.message for record in caplog.records if "BOT_TRUSTED_PROXIES" in record.message] == [
        "refusing who came through a proxy: all who do count as one; set BOT_TRUSTED_PROXIES"
    ]


def test_behind_a_proxy_callers_are_counted_by_what_it_says(bot):
    bot = bot(rate_per_address="1/minute", trusted_proxies=1)
    # The first is the client's own invention; the proxy adds the last.
    replies = [bot.ask(X_Forwarded_For=f"203.0.113.{number}, 198.51.100.1") for number in range(2)]

    assert statuses([*replies, bot.ask(X_Forwarded_For="198.51.100.2")]) == [200, 429, 200]


def test_behind_two_proxies_the_first_of_theirs_counts(bot):
    bot = bot(rate_per_address="1/minute", trusted_proxies=2)
    replies = [
        bot.ask(X_Forwarded_For=f"6.6.6.6, {caller}, 10.0.0.1") for caller in ("192.0.2.8", "192.0.2.9")
    ]

    assert statuses(replies) == [200, 200]


@pytest.mark.parametrize(
    ("host", "status"),
    [("bot.example", 200), ("bot.example:8000", 200), ("www.shop.example", 200), ("evil.example", 400)],
)
def test_it_answers_to_its_names_alone(bot, host, status):
    reply = bot(trusted_hosts="bot.example .shop.example").ask(Host=host)

    assert reply.status_code == status
    if status == 400:
        assert "BOT_TRUSTED_HOSTS" in detail_of(reply, 400)


def test_unless_names_are_set_it_answers_to_any(bot):
    assert bot().ask(Host="anything.example").status_code == 200


@pytest.mark.parametrize(("proto", "told"), [("https", "max-age=2592000"), ("http", None)])
def test_browsers_are_told_to_insist_on_https_once_they_came_by_it(bot, proto, told):
    reply = bot(trusted_proxies=1, hsts_days=30).ask(X_Forwarded_Proto=proto, X_Forwarded_For="192.0.2.1")

    assert reply.headers.get("Strict-Transport-Security") == told


def test_unless_it_is_set_browsers_may_come_as_they_like(bot):
    reply = bot(trusted_proxies=1).ask(X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.1")

    assert "Strict-Transport-Security" not in reply.headers


@pytest.mark.parametrize("path", ["/ask", "/nowhere", "/healthz"])
def test_every_response_may_load_nothing_and_be_framed_by_nobody(bot, path):
    headers = bot().http.get(path).headers

    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_programs_on_this_machine_are_not_counted_but_whoever_comes_through_its_proxy(bot, address):
    bot = bot(rate_per_address="1/minute")

    assert [bot.ask(address).status_code for _ in range(3)] == [200, 200, 200]
    assert [bot.ask(address, X_Forwarded_For="192.0.2.9").status_code for _ in range(2)] == [200, 429]

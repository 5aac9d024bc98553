"""Customer messages: what arrives, what is repeated, and above all what is not."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bot.wechat.api import Paths, WeChatApi, wechat_api
from bot.wechat.caller import Pace
from bot.wechat.errors import (
    ApiError,
    ApiSettingsError,
    BusyError,
    ContentRefusedError,
    ContentTooLongError,
    CredentialsError,
    LastingApiError,
    NotPermittedError,
    OutcomeUnknownError,
    PassingApiError,
    QuotaSpentError,
    RecipientError,
    TokenRefusedError,
    TypingRefusedError,
    UnreachableError,
    WindowClosedError,
)
from bot.wechat.tokens import App, Token

from .fakes import APP_ID, SECRET, Clock, FakeWeChat, MemoryTokenCache, endless

APP = App(APP_ID, SECRET)


@pytest.fixture
def wechat() -> FakeWeChat:
    return FakeWeChat()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache() -> MemoryTokenCache:
    return MemoryTokenCache()


@pytest.fixture
def connect(wechat, clock, cache) -> Callable[..., WeChatApi]:
    """One more worker's API; they share the clock and the token cache."""

    def connected(app: App = APP, transport=None, **options: object) -> WeChatApi:
        transport = transport or wechat.transport()
        return wechat_api(app, transport, cache, clock=clock, sleep=clock.sleep, elapsed=clock, **options)

    return connected


@pytest.fixture
def api(connect) -> WeChatApi:
    return connect()


def test_a_text_arrives(api, wechat):
    api.send_text("oUser001", "您好")

    message = {"touser": "oUser001", "msgtype": "text", "text": {"content": "您好"}}
    assert wechat.messages == [message]


def test_chinese_and_emoji_are_sent_unescaped(api, wechat):
    api.send_text("oUser001", "您好👍")

    assert "您好👍".encode() in wechat.bodies[0]


def test_a_long_text_arrives_in_order_in_pieces_that_fit(api, wechat):
    text = "".join(f"这是第{n}句话。" for n in range(400))

    sent = api.send_text("oUser001", text)

    assert text == "".join(wechat.texts())
    assert sent == len(wechat.texts())
    assert all(len(piece.encode()) <= 2048 for piece in wechat.texts())


def test_a_blank_text_sends_nothing(api, wechat):
    assert api.send_text("oUser001", " \n") == 0
    assert not wechat.hits


def test_typing_is_shown(api, wechat):
    api.show_typing("oUser001")

    assert wechat.messages == [{"touser": "oUser001", "command": "Typing"}]


def test_paths_can_be_set(connect, wechat):
    paths = Paths(typing="/cgi-bin/message/custom/business/typing")
    connect(paths=paths).show_typing("oUser001")

    assert wechat.paths[-1] == paths.typing


def test_the_token_is_fetched_once_for_many_messages(api, wechat):
    for _ in range(5):
        api.send_text("oUser001", "x")

    assert wechat.hits["stable_token"] == 1


def test_workers_share_the_token(connect, wechat):
    for _ in range(3):
        connect().send_text("oUser001", "x")

    assert wechat.hits["stable_token"] == 1


def test_many_threads_at_once_fetch_one_token(api, wechat):
    barrier = threading.Barrier(8)

    def send(_: int) -> int:
        barrier.wait()
        return api.send_text("oUser001", "x")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 8
    assert wechat.hits["stable_token"] == 1


def test_a_fresh_token_is_used_without_waiting_for_the_lock(wechat, clock):
    class Unlocked(MemoryTokenCache):
        def lock(self, app_id):
            raise TimeoutError("somebody else holds it")

    cache = Unlocked()
    cache.put(APP_ID, Token(wechat.valid, clock(), clock() + 7200))
    api = wechat_api(APP, wechat.transport(), cache, clock=clock, sleep=clock.sleep)

    assert api.send_text("oUser001", "x") == 1


def test_a_token_renewed_while_waiting_for_the_lock_is_used(wechat, clock):
    class LateCache(MemoryTokenCache):
        def lock(self, app_id):
            self.put(app_id, Token(wechat.valid, clock(), clock() + 7200))
            return super().lock(app_id)

    api = wechat_api(APP, wechat.transport(), LateCache(), clock=clock, sleep=clock.sleep)

    assert api.send_text("oUser001", "x") == 1
    assert wechat.hits["stable_token"] == 0


@pytest.mark.parametrize(
    ("lasts", "used_after", "fetched"),
    [(7200, 6899, 1), (7200, 6900, 2), (100, 89.5, 1), (100, 90, 2)],
)
def test_a_token_is_renewed_before_it_ends(api, wechat, clock, lasts, used_after, fetched):
    wechat.token_lasts = lasts
    api.send_text("oUser001", "x")
    clock.now += used_after
    api.send_text("oUser001", "x")

    assert wechat.hits["stable_token"] == fetched


def test_a_token_is_asked_for_as_documented(connect):
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 7200})

    connect(transport=httpx.MockTransport(answer)).send_text("oUser001", "x")

    assert json.loads(asked[0].content) == {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": SECRET,
        "force_refresh": False,
    }
    assert [(each.method, str(each.url)) for each in asked] == [
        ("POST", "https://api.weixin.qq.com/cgi-bin/stable_token"),
        ("POST", "https://api.weixin.qq.com/cgi-bin/message/custom/send?access_token=t"),
    ]
    assert {each.headers["Content-Type"] for each in asked} == {"application/json; charset=utf-8"}


def test_an_expired_token_is_renewed_and_the_message_sent_once(api, wechat):
    api.send_text("oUser001", "first")
    wechat.expire()
    api.send_text("oUser001", "second")

    assert wechat.texts() == ["first", "second"]
    assert (wechat.hits["stable_token"], wechat.forced) == (2, 0)


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_refused_again_after_one_refresh_ends_it(api, wechat, code):
    wechat.refusals = [code] * 10

    with pytest.raises(TokenRefusedError):
        api.send_text("oUser001", "x")

    assert wechat.hits["send"] == 2


@pytest.mark.parametrize(("later", "forced"), [(29, 0), (30, 1)])
def test_a_refused_token_that_wechat_hands_out_again_is_replaced_by_force(api, wechat, clock, later, forced):
    api.send_text("oUser001", "first")
    clock.now += later
    wechat.refusals = [40001]
    api.send_text("oUser001", "second")

    assert (wechat.texts(), wechat.forced) == (["first", "second"], forced)


def test_tokens_are_not_forced_in_quick_succession(api, wechat):
    wechat.is_deaf = True

    for _ in range(5):
        with pytest.raises(TokenRefusedError):
            api.send_text("oUser001", "x")

    assert wechat.forced == 0


def test_many_threads_with_one_expired_token_renew_it_once(api, wechat):
    api.send_text("oUser001", "x")
    wechat.expire()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: api.send_text("oUser001", "x"), range(8)))

    assert wechat.hits["stable_token"] == 2


def test_a_wrong_secret_is_a_matter_of_settings(connect):
    with pytest.raises(ApiSettingsError, match="40125"):
        connect(App(APP_ID, "wrong-secret")).send_text("oUser001", "x")


def test_40001_for_the_token_itself_means_the_secret_and_does_not_loop(api, wechat):
    wechat.token_refusals = [40001] * 10

    with pytest.raises(ApiSettingsError) as caught:
        api.send_text("oUser001", "x")

    assert str(caught.value) == (
        "/cgi-bin/stable_token: 40001 refused (rid 68f0-1a2b-3c4d); "
        "check app id, app secret, API address and the IP whitelist in WeChat's console"
    )
    assert wechat.hits["stable_token"] == 1


def test_a_message_without_a_token_is_known_not_to_have_been_sent(connect):
    transport = httpx.MockTransport(lambda _: httpx.Response(502))

    with pytest.raises(UnreachableError) as caught:
        connect(transport=transport).send_text("oUser001", "x")

    assert str(caught.value) == ("/cgi-bin/stable_token: HTTP 502; check DNS, firewall and the API address")


@pytest.mark.parametrize(
    "answer",
    [{}, {"access_token": ""}, {"access_token": "t"}, {"access_token": "t", "expires_in": "7200"}],
)
def test_an_answer_without_a_token_is_no_token(connect, answer):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))

    with pytest.raises(UnreachableError) as caught:
        connect(transport=transport).send_text("oUser001", "x")

    assert str(caught.value) == (
        "/cgi-bin/stable_token: the answer holds no token; check DNS, firewall and the API address"
    )


def test_too_many_requests_count_as_busy(api, wechat):
    wechat.refusals = [httpx.Response(429)]

    api.send_text("oUser001", "x")

    assert wechat.texts() == ["x"]


def test_a_busy_wechat_is_asked_again_after_growing_pauses(api, wechat, clock):
    wechat.refusals = [-1, -1]

    api.send_text("oUser001", "x")

    assert (wechat.texts(), clock.slept) == (["x"], [0.2, 0.6])


def test_a_wechat_that_stays_busy_is_left_alone(api, wechat):
    wechat.refusals = [-1] * 10

    with pytest.raises(BusyError) as caught:
        api.send_text("oUser001", "x")

    assert wechat.hits["send"] == 3
    assert isinstance(caught.value, PassingApiError)
    assert caught.value.code == -1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40164, ApiSettingsError),
        (40013, ApiSettingsError),
        (45015, WindowClosedError),
        (45047, QuotaSpentError),
        (45009, QuotaSpentError),
        (48001, NotPermittedError),
        (40200, NotPermittedError),
        (40003, RecipientError),
        (43004, RecipientError),
        (44004, ContentRefusedError),
        (45080, TypingRefusedError),
        (99999, LastingApiError),
    ],
)
def test_a_lasting_refusal_is_named_and_not_repeated(api, wechat, code, error):
    wechat.refusals = [code] * 10

    with pytest.raises(error, match=str(code)) as caught:
        api.send_text("oUser001", "x")

    assert isinstance(caught.value, LastingApiError)
    assert (wechat.hits["send"], wechat.hits["stable_token"]) == (1, 1)


def test_an_error_carries_the_rid_for_wechats_support(api, wechat):
    wechat.refusals = [45015]

    with pytest.raises(WindowClosedError) as caught:
        api.send_text("oUser001", "x")

    assert (caught.value.code, caught.value.rid) == (45015, "68f0-1a2b-3c4d")
    assert str(caught.value) == (
        "/cgi-bin/message/custom/send: 45015 refused (rid 68f0-1a2b-3c4d); the user has to write again"
    )


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (b'{"errcode":40003,"errmsg":"a\xffb\tc"}', 40003, "a\ufffdb\tc"),
        (b'{"errcode":40003}', 40003, ""),
        (b'{"errcode":"odd","errmsg":"x"}', None, "x"),
        (b'{"errcode":40003,"errmsg":"%s"}' % (b"x" * 301), 40003, "x" * 300),
    ],
)
def test_an_odd_answer_still_says_what_is_known(api, wechat, answer, code, reason):
    wechat.refusals = [httpx.Response(200, content=answer)]

    with pytest.raises(LastingApiError) as caught:
        api.send_text("oUser001", "x")

    assert (caught.value.code, caught.value.reason, caught.value.rid) == (code, reason, "")


def test_a_text_wechat_finds_too_long_is_split_and_sent_whole(api, wechat):
    wechat.max_bytes = 600
    text = "这是一句话。" * 100

    api.send_text("oUser001", text)

    assert text == "".join(wechat.texts())


def test_a_text_wechat_finds_too_long_is_halved(api, wechat):
    wechat.max_bytes = 600

    api.send_text("oUser001", "a" * 1000)

    assert [len(text) for text in wechat.texts()] == [501, 499]


def test_a_text_of_128_bytes_is_not_halved(api, wechat):
    wechat.max_bytes = 100

    with pytest.raises(ContentTooLongError):
        api.send_text("oUser001", "a" * 128)

    assert wechat.hits["send"] == 1


def test_a_text_that_is_always_too_long_ends(api, wechat):
    wechat.max_bytes = 0

    with pytest.raises(ContentTooLongError):
        api.send_text("oUser001", "这是一句话。" * 100)

    assert wechat.hits["send"] < 10


def test_a_broken_send_says_what_was_not_delivered(api, wechat):
    text = "".join(f"这是第{n}句话。" for n in range(400))
    wechat.refusals = [0, 0, 45047]

    with pytest.raises(QuotaSpentError) as caught:
        api.send_text("oUser001", text)

    assert text == "".join(wechat.texts()) + "".join(caught.value.unsent)


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
def test_a_failed_connection_is_known_not_to_have_sent_anything(api, wechat, failure):
    wechat.refusals = [failure]

    with pytest.raises(UnreachableError):
        api.send_text("oUser001", "x")


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("x"),
        httpx.RemoteProtocolError("x"),
        httpx.Response(502, text="<html>bad gateway</html>"),
        httpx.Response(200, text="<html>hello</html>"),
        httpx.Response(200, json=["no", "object"]),
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
    ],
)
def test_a_message_that_may_have_arrived_is_not_repeated(api, wechat, failure):
    wechat.refusals = [failure]

    with pytest.raises(OutcomeUnknownError):
        api.send_text("oUser001", "x")

    assert wechat.hits["send"] == 1


def test_an_answer_without_end_is_abandoned(api, wechat):
    wechat.refusals = [httpx.Response(200, content=endless())]

    with pytest.raises(OutcomeUnknownError) as caught:
        api.send_text("oUser001", "x")

    assert caught.value.reason == "the answer does not end"


def test_an_answer_of_a_mebibyte_is_read(api, wechat):
    padded = b'{"errcode":45015}'.ljust(1024 * 1024)
    wechat.refusals = [httpx.Response(200, content=padded)]

    with pytest.raises(WindowClosedError):
        api.send_text("oUser001", "x")


def trickle(clock: Clock, *parts: bytes) -> Iterator[bytes]:
    """A body that comes in parts, a second each."""
    for part in parts:
        clock.now += 1
        yield part


def test_an_answer_that_trickles_in_is_abandoned(api, wechat, clock):
    wechat.refusals = [httpx.Response(200, content=trickle(clock, b"{", b'"errcode"', b":0", b"}"))]

    with pytest.raises(OutcomeUnknownError) as caught:
        api.send_text("oUser001", "x")

    assert caught.value.reason == "the answer does not end"


def test_an_answer_that_is_complete_in_time_is_read(api, wechat, clock):
    wechat.refusals = [httpx.Response(200, content=trickle(clock, b"{", b'"errcode":45015', b"}"))]

    with pytest.raises(WindowClosedError):
        api.send_text("oUser001", "x")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (399, OutcomeUnknownError),
        (400, ApiSettingsError),
        (404, ApiSettingsError),
        (499, ApiSettingsError),
        (500, OutcomeUnknownError),
    ],
)
def test_a_wrong_address_is_a_matter_of_settings(api, wechat, status, error):
    wechat.refusals = [httpx.Response(status, text="not found")]

    with pytest.raises(error) as caught:
        api.send_text("oUser001", "x")

    assert caught.value.reason == f"HTTP {status}"


def test_every_try_is_told_with_its_outcome_and_its_seconds(connect, wechat, clock):
    told: list[tuple[str, str, float]] = []
    api = connect(observe=lambda *call: told.append(call))
    late = httpx.Response(200, content=trickle(clock, b'{"errcode":', b"45015}"))
    wechat.refusals = [-1, 0, late, httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.Response(400)]
    for _ in range(5):
        outcome(api)

    assert {path for path, _, _ in told[1:]} == {"/cgi-bin/message/custom/send"}
    assert [call[1:] for call in told] == [
        ("0", 0.0),
        ("-1", 0.0),
        ("0", 0.0),
        ("45015", 2.0),
        ("unanswered", 0.0),
        ("unreachable", 0.0),
        ("http", 0.0),
    ]


def test_a_failure_without_an_answer_is_named(api, wechat):
    wechat.refusals = [httpx.ReadTimeout("x"), httpx.ConnectTimeout("x"), httpx.Response(200, text="?")]

    assert [str(outcome(api)) for _ in range(3)] == [
        "/cgi-bin/message/custom/send: ReadTimeout; do not repeat a message that may have arrived",
        "/cgi-bin/message/custom/send: ConnectTimeout; check DNS, firewall and the API address",
        "/cgi-bin/message/custom/send: the answer is not JSON; do not repeat a message that may have arrived",
    ]


def test_a_wechat_that_stays_overrun_is_named(api, wechat):
    wechat.refusals = [httpx.Response(429) for _ in range(3)]

    assert str(outcome(api)) == "/cgi-bin/message/custom/send: HTTP 429; try again later"


NOWHERE = ["", "api.weixin.qq.com", "ftp://x", "https://", "http://[", "http://微信", "https://a b"]


@pytest.mark.parametrize("address", NOWHERE)
def test_an_address_that_is_none_is_refused_at_once(connect, address):
    with pytest.raises(CredentialsError) as caught:
        connect(base_url=address)

    assert str(caught.value) == (f"API address {address!r}: expected one like https://api.weixin.qq.com")


def test_the_address_may_be_a_proxy_with_a_path(connect):
    urls: list[str] = []

    def proxy(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        return httpx.Response(200, json={"access_token": "t", "expires_in": 7200})

    api = connect(transport=httpx.MockTransport(proxy), base_url="http://proxy.local:8080/wx/")
    api.send_text("oUser001", "x")

    assert urls[0] == "http://proxy.local:8080/wx/cgi-bin/stable_token"


def test_a_proxy_that_repeats_the_token_does_not_get_it_into_the_error(api, wechat):
    refusal = {"errcode": 40003, "errmsg": "bad access_token=token-1"}
    wechat.refusals = [httpx.Response(200, json=refusal)]

    with pytest.raises(RecipientError) as caught:
        api.send_text("oUser001", "x")

    assert caught.value.reason == "bad access_token=***"


def test_an_openid_that_wechat_repeats_does_not_get_into_the_error(api, wechat):
    refusal = {"errcode": 40003, "errmsg": "invalid openid oUser001 rid: 68f0"}
    wechat.refusals = [httpx.Response(200, json=refusal)]

    with pytest.raises(RecipientError) as caught:
        api.send_text("oUser001", "x")

    assert (caught.value.reason, caught.value.rid) == ("invalid openid ***", "68f0")
    assert "oUser001" not in str(caught.value)


def test_a_proxy_that_repeats_the_secret_does_not_get_it_into_the_error(connect):
    refusal = {"errcode": 40125, "errmsg": f"None is not {SECRET}"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=refusal))

    with pytest.raises(ApiSettingsError) as caught:
        connect(transport=transport).send_text("oUser001", "x")

    assert caught.value.reason == "None is not ***"


def test_neither_token_nor_secret_is_printed_or_logged(connect, wechat, cache, real_wechat, caplog):
    caplog.set_level(logging.DEBUG)
    wechat.refusals = [0, 45015, httpx.Response(500)]
    with httpx.HTTPTransport() as transport:
        api = connect(transport=transport, base_url=real_wechat(wechat))
        shown = "".join(str(outcome(api)) for _ in range(3))

    shown += repr(APP) + repr(cache.get(APP_ID)) + caplog.text
    assert "send_request_body" in shown
    assert not any(secret in shown for secret in (SECRET, wechat.valid))


def outcome(api: WeChatApi) -> ApiError | int:
    try:
        return api.send_text("oUser001", "x")
    except ApiError as error:
        return error


def test_it_works_over_a_real_connection(connect, wechat, real_wechat):
    with httpx.HTTPTransport() as transport:
        connect(transport=transport, base_url=real_wechat(wechat)).send_text("oUser001", "您好")

    assert json.loads(wechat.bodies[0])["text"]["content"] == "您好"


def test_a_server_that_does_not_answer_is_not_waited_for(connect, silent_server):
    pace = Pace(timeout=0.1)
    with httpx.HTTPTransport() as transport:
        api = connect(transport=transport, base_url=silent_server, pace=pace)
        with pytest.raises(UnreachableError, match="ReadTimeout"):
            api.send_text("oUser001", "x")


def test_a_closed_port_is_unreachable(connect):
    with httpx.HTTPTransport() as transport:
        api = connect(transport=transport, base_url="http://127.0.0.1:1")
        with pytest.raises(UnreachableError):
            api.send_text("oUser001", "x")

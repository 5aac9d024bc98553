"""What a real gunicorn with several workers, and the sender beside it, say of themselves."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.channels.test_metrics import samples
from tests.channels.wechat.test_sender import listening
from tests.serving import START_WITHIN, serving
from tests.store.faults import until
from tests.wechat.fakes import FakeWeChat, both_accounts, signed_query, xml_text

pytestmark = pytest.mark.model

OFFICIAL, MINI = "/wechat/official", "/wechat/mini"
QUESTIONS = ["备案大概要花多少时间呢", "how long would the filing be", "今天天气怎么样", "備案要多久呢"]
FORGED = 'x"}\n{"level": "CRITICAL", "message": "forged"'
_ids = count(23_000_000_000_000_001)


@pytest.fixture(scope="module")
def wechat():
    return FakeWeChat()


@pytest.fixture(scope="module")
def server(built, wechat, tmp_path_factory):
    """Three workers with both channels, whose log is in JSON."""
    folder = tmp_path_factory.mktemp("signals")
    own = built.model_copy(update={"data_dir": folder / "data"})
    more = {"BOT_LOG_FORMAT": "json", "BOT_WATCH": "true"}
    with (
        listening(wechat) as port,
        serving(own, folder / "log", workers=3, **more, **both_accounts(port)) as server,
    ):
        server.wait_for_metric("bot_index_refusing_workers 0.0")
        until(lambda: len(served(server)) == 1 and sum(served(server).values()) == 3, START_WITHIN)
        server.wait_for("watching ")
        yield server


def told(server):
    return samples(httpx.get(f"{server.address}/metrics", timeout=20).content)


def values(server, name):
    return {tuple(labels): value for (found, *labels), value in told(server).items() if found == name}


def served(server):
    return values(server, "bot_index_workers")


def workers(server):
    """Process ids, without those of the sender and the watcher."""
    commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in server.workers()}
    return [
        pid for pid, command in commands.items() if command.exists() and b"gunicorn" in command.read_bytes()
    ]


def ask(server, question, **headers):
    return httpx.post(f"{server.address}/ask", json={"question": question}, headers=headers, timeout=20)


def push(server, address, content="备案时间", message_id=None, query=None):
    body = xml_text(content, str(message_id or next(_ids)))
    return httpx.post(f"{server.address}{address}", params=query or signed_query(), content=body, timeout=20)


def at_once(acts):
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(lambda act: act(), acts))


def test_every_question_request_and_delivery_is_counted_exactly_once(server, wechat):
    before = told(server)
    twice = [next(_ids) for _ in range(20)]
    at_once(
        [lambda question=question: ask(server, question) for question in QUESTIONS * 40]
        + [lambda: push(server, OFFICIAL) for _ in range(40)]
        + [lambda number=number: push(server, OFFICIAL, message_id=number) for number in twice * 2]
        + [lambda: push(server, MINI) for _ in range(15)]
        + [lambda: push(server, OFFICIAL, query={"signature": "0" * 40}) for _ in range(10)]
        + [lambda number=number: httpx.get(f"{server.address}/{number}") for number in range(30)]
    )
    until(lambda: len(wechat.messages) == 15)
    sent = ("bot_wechat_messages_total", "mini:default", "sent")
    until(lambda: told(server).get(sent, 0) == 15)
    after = told(server)
    gains = Counter({key: value - before.get(key, 0) for key, value in after.items()})

    def total(name, *labels):
        return sum(gain for key, gain in gains.items() if key[0] == name and set(labels) <= set(key))

    assert total("bot_questions_total", "ask") == total("bot_answer_seconds_count", "ask") == 160
    assert total("bot_questions_total", "official:default") == 60
    assert total("bot_questions_total", "mini:default") == 15
    assert total("bot_questions_total", "zh-Hant") == 40
    assert total("bot_answer_confidence_count") == 235
    assert total("bot_http_requests_total", "POST", "/ask", "200") == 160
    assert total("bot_http_requests_total", "GET", "other", "404") == 30
    assert total("bot_http_requests_total", "/wechat/<kind>") == 40 + 40 + 15 + 10
    deliveries = {
        key[1:]: gain for key, gain in gains.items() if key[0] == "bot_wechat_deliveries_total" and gain
    }
    assert deliveries == {
        ("official:default", "text", "settled"): 60,
        ("official:default", "text", "repeated"): 20,
        ("official:default", "unknown", "refused"): 10,
        ("mini:default", "text", "settled"): 15,
    }
    assert total("bot_wechat_api_calls_total", "/cgi-bin/message/custom/send") == 15
    assert total("bot_wechat_api_seconds_count", "/cgi-bin/message/custom/send") == 15
    assert total("bot_wechat_messages_total") == 15
    assert after["bot_wechat_outbox_messages", "mini:default", "waiting"] == 0


def test_refusals_of_wechat_show_by_their_code(server, wechat):
    before = values(server, "bot_wechat_api_calls_total")
    wechat.refusals = [45047]
    push(server, MINI)
    key = ("/cgi-bin/message/custom/send", "45047")
    until(lambda: values(server, "bot_wechat_api_calls_total").get(key))

    assert key not in before
    assert values(server, "bot_wechat_messages_total")["mini:default", "dropped"] == 1
    until(lambda: values(server, "bot_wechat_outbox_messages")["mini:default", "failed"] == 1)


def test_what_a_killed_worker_counted_stays_counted(server):
    key = ("bot_http_requests_total", "POST", "/ask", "200")
    for _ in range(2):
        at_once([lambda: ask(server, "备案时间")] * 24)
        before = told(server)[key]
        worker = workers(server)[0]
        os.kill(worker, signal.SIGKILL)
        until(
            lambda worker=worker: worker not in workers(server) and sum(served(server).values()) == 3,
            START_WITHIN,
        )
        assert told(server)[key] == before


def test_a_reload_keeps_the_counts_and_the_sender(server, wechat):
    key = ("bot_http_requests_total", "POST", "/ask", "200")
    ask(server, "备案时间")
    before, old = told(server)[key], workers(server)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: not set(old) & set(workers(server)) and sum(served(server).values()) == 3, START_WITHIN)
    messages = len(wechat.messages)
    push(server, MINI)
    until(lambda: len(wechat.messages) == messages + 1)

    assert told(server)[key] == before


def lines(server):
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_the_log_is_one_json_object_a_line_whoever_writes_it(server):
    loggers = {line["logger"] for line in lines(server)}

    assert {"gunicorn.error", "bot.channels.requests", "bot.cli_watch"} <= loggers
    assert all({"time", "level", "logger", "message", "process"} <= set(line) for line in lines(server))


def test_one_line_tells_of_a_request_with_its_id_and_nothing_that_was_asked(server):
    identifier = ask(server, "最最机密的备案时间", **{"X-Request-ID": "seen-7"}).json()["request_id"]
    (line,) = [line for line in lines(server) if line.get("request_id") == "seen-7"]

    assert identifier == "seen-7"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/ask", 200)
    assert 0 < line["milliseconds"] < 20_000
    assert "机密" not in server.log.read_text() and "oUser001" not in server.log.read_text()


def test_the_id_is_in_what_is_logged_on_the_way(server):
    push(server, OFFICIAL, query={"signature": "0" * 40})
    by_request = {}
    for line in lines(server):
        by_request.setdefault(line.get("request_id"), []).append(line)
    refusal = next(line for line in reversed(lines(server)) if "refused" in line["message"])
    own = by_request[refusal["request_id"]]

    assert [line["logger"] for line in own] == ["bot.channels.wechat.blueprint", "bot.channels.requests"]


def test_nobody_can_forge_a_line(server):
    httpx.get(f"{server.address}/{quote(FORGED)}")
    httpx.get(f"{server.address}/ask", params={"question": FORGED, FORGED: FORGED})
    push(server, OFFICIAL, content=FORGED)
    query = signed_query() | {"nonce": FORGED}
    push(server, OFFICIAL, query=query)

    assert [line for line in lines(server) if line["level"] == "CRITICAL"] == []

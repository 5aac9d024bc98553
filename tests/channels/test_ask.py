"""``/ask``: the contract field by field, and what happens to everything that is not a question."""

from __future__ import annotations

import json
import time
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.problems import MAX_BODY, register_problems
from bot.channels.sessions import Sessions
from bot.errors import StoreError
from tests.fakes import DirectLog

FIELDS = {
    "answered",
    "outcome",
    "answer",
    "language",
    "confidence",
    "entry",
    "parts",
    "suggestions",
    "index_version",
    "request_id",
}
FILING_ZH = "一般要一到二十个工作日，各地进度不同。"
FILING_EN = "Usually one to twenty working days, depending on the province."


def ask(client: FlaskClient, question: str, **fields: str) -> TestResponse:
    return client.post("/ask", json={"question": question} | fields)


def assert_problem(response: TestResponse, status: int, *words: str) -> None:
    """The response is problem+json whose detail says all the words."""
    problem = response.get_json(force=True)

    assert response.mimetype == "application/problem+json"
    assert status == response.status_code == problem["status"]
    assert problem["title"] and problem["type"] == "about:blank"
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert [word for word in words if word not in problem["detail"]] == [], problem["detail"]


# What an answer holds


@pytest.mark.model
def test_a_reply_has_exactly_the_fields_of_the_contract(client):
    assert set(ask(client, "备案时间").json) == FIELDS


@pytest.mark.model
def test_an_answer_is_named_with_its_entry_and_official_sources_only(client):
    reply = ask(client, "小程序备案要多久？").json

    assert (reply["answered"], reply["outcome"], reply["language"]) == (True, "answer", "zh-Hans")
    assert reply["answer"].startswith(FILING_ZH)
    assert reply["entry"] == {
        "id": "filing-time",
        "question": "小程序备案要多久？",
        "topic": "filing",
        "as_of": "2026-11",
        "sources": ["平台备案说明"],
    }


@pytest.mark.model
def test_an_answer_suggests_the_related_questions(client):
    suggestions = ask(client, "How long does filing take?").json["suggestions"]

    assert suggestions == [{"id": "what-is", "question": "What is a mini program?"}]


@pytest.mark.model
def test_a_question_in_own_words_is_answered_with_its_entry(client):
    reply = ask(client, "roughly how many weeks until my filing gets approved?").json

    assert (reply["outcome"], reply["entry"]["id"]) == ("answer", "filing-time")
    assert 0 < reply["confidence"] <= 1


@pytest.mark.model
def test_smalltalk_counts_as_answered(client):
    reply = ask(client, "谢谢").json

    assert (reply["answered"], reply["outcome"], reply["entry"]["id"]) == (True, "smalltalk", "thanks")
    assert reply["confidence"] == 1.0


@pytest.mark.model
def test_an_abstention_is_text_to_show_without_an_entry(client):
    reply = ask(client, "Which team will win the chess olympiad?").json

    assert (reply["answered"], reply["outcome"], reply["entry"]) == (False, "abstain", None)
    assert reply["answer"].startswith("Sorry")
    assert len(reply["suggestions"]) <= 3


@pytest.mark.model
def test_the_index_version_is_the_one_that_readyz_names(client):
    assert client.get("/readyz").json["index_version"] == ask(client, "hi").json["index_version"]


@pytest.mark.model
def test_the_same_question_gets_the_same_words(client):
    replies = [ask(client, "卖蛋糕要什么许可").json | {"request_id": ""} for _ in range(3)]

    assert [replies[0]] * 3 == replies


@pytest.mark.model
def test_get_gives_the_same_reply_as_post(client):
    question = "备案需要几天"
    posted = ask(client, question, language="en").json
    got = client.get("/ask", query_string={"question": question, "language": "en"}).json

    assert posted | {"request_id": got["request_id"]} == got


@pytest.mark.model
def test_a_session_id_is_accepted(client):
    assert ask(client, "备案时间", session_id="visitor-7").json["outcome"] == "answer"


@pytest.mark.model
def test_chinese_is_sent_as_itself_not_as_escapes(client):
    assert FILING_ZH.encode() in ask(client, "备案时间").data


# The language of the reply


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "language", "start"),
    [
        ("备案时间", "zh-Hans", "一般要一到二十个工作日"),
        ("備案時間", "zh-Hant", "一般要一到二十個工作日"),
        ("filing duration", "en", "Usually one to twenty working days"),
    ],
)
def test_a_reply_follows_language_and_script_of_the_question(client, question, language, start):
    for fields in ({}, {"language": "auto"}):
        reply = ask(client, question, **fields).json

        assert language == reply["language"]
        assert reply["answer"].startswith(start)


@pytest.mark.model
@pytest.mark.parametrize(
    ("language", "start"), [("zh-Hans", FILING_ZH), ("zh-Hant", "一般要一到二十個工作日"), ("en", FILING_EN)]
)
@pytest.mark.parametrize("question", ["备案时间", "filing duration"])
def test_the_language_field_overrides_the_language_of_the_question(client, question, language, start):
    reply = ask(client, question, language=language).json

    assert language == reply["language"]
    assert reply["answer"].startswith(start)


# Requests that cannot be understood


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ["Invalid JSON", "send a JSON object"]),
        (b"how long does filing take", ["Invalid JSON", "send a JSON object"]),
        (b"question=hi", ["Invalid JSON", "send a JSON object"]),
        (b'{"question": "hi"', ["Invalid JSON", "send a JSON object"]),
        (b"[]", ["object", "send a JSON object"]),
        (b'"hi"', ["object", "send a JSON object"]),
        (b"null", ["object", "send a JSON object"]),
        (b"{}", ["question", "required", "send this field"]),
        (b'{"question": null}', ["question", "string", "send text in quotes"]),
        (b'{"question": 5}', ["question", "string", "send text in quotes"]),
        (b'{"question": ["hi"]}', ["question", "string", "send text in quotes"]),
        (b'{"question": NaN}', ["question", "string", "send text in quotes"]),
        (b'{"question": ""}', ["question", "write a question"]),
        ('{"question": " \u3000\\t\\n"}'.encode(), ["question", "write a question"]),
        (b'{"question": "hi", "language": "fr"}', ["language", "zh-Hans", "zh-Hant", "en", "use one of"]),
        (b'{"question": "hi", "language": 1}', ["language", "zh-Hans", "use one of"]),
        (b'{"question": "hi", "session_id": 1}', ["session_id", "string", "send text in quotes"]),
        (b'{"question": "\xff\xfe"}', ["Invalid JSON", "UTF-8"]),
        ('{"question": "小程序"}'.encode("gb18030"), ["Invalid JSON", "UTF-8"]),
        ('{"question": "hi"}'.encode("utf-16"), ["Invalid JSON", "UTF-8"]),
        (b'{"question": "\\ud83d"}', ["Invalid JSON", "send a JSON object"]),
        (b'{"question": "hi", "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", ["Invalid JSON", "recursion"]),
        (b'{"question": "hi", "x": ' + b"9" * 5000 + b"}", ["Invalid JSON", "number"]),
        (b'{"a":' * 12_000, ["Invalid JSON", "recursion"]),
    ],
)
def test_a_body_that_is_no_question_is_refused_with_the_remedy(indexless, body, words):
    assert_problem(indexless.post("/ask", data=body), 400, *words)


def test_a_byte_order_mark_in_front_does_not_matter(client):
    body = json.dumps({"question": "小程序备案要多久？"})

    marked, plain = (client.post("/ask", data=body.encode(form)).json for form in ("utf-8-sig", "utf-8"))

    assert marked["answer"] == plain["answer"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", ["question", "required", "send this field"]),
        ("question=", ["question", "write a question"]),
        ("question=%20%E3%80%80", ["question", "write a question"]),
        ("question=hi&language=fr", ["language", "zh-Hans", "use one of"]),
        ("question=" + "a" * 501, ["question", "500 characters", "shorten"]),
        ("question=%ff", ["UTF-8"]),
        ("question=%ED%A0%80", ["UTF-8"]),
        ("question=%D0%A1%B3%CC%D0%F2", ["UTF-8"]),
    ],
)
def test_an_address_that_is_no_question_is_refused_with_the_remedy(indexless, query, words):
    assert_problem(indexless.get("/ask", query_string=query), 400, *words)


@pytest.mark.parametrize("character", ["a", "题", "😀"])
def test_a_question_of_over_500_characters_is_refused(indexless, character):
    assert_problem(ask(indexless, character * 501), 400, "question", "500 characters", "shorten")


def test_a_body_of_over_64_kib_is_refused(indexless):
    response = indexless.post("/ask", data=b"x" * (MAX_BODY + 1))

    assert_problem(response, 413, "64 KiB", "send less")


def test_a_body_of_over_64_kib_is_refused_also_when_chunked(indexless):
    response = indexless.post(
        "/ask",
        input_stream=BytesIO(b'{"question": "hi"}' + b" " * MAX_BODY),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert_problem(response, 413, "64 KiB", "send less")


@pytest.mark.model
def test_a_body_of_exactly_64_kib_is_read(client):
    body = json.dumps({"question": "hi"}).encode().ljust(MAX_BODY)

    assert client.post("/ask", data=body).status_code == 200


@pytest.mark.parametrize("path", ["/nope", "/ask/more", "/ASK", "/%00", "/%ff"])
def test_an_unknown_path_is_a_problem_that_points_to_the_docs(indexless, path):
    assert_problem(indexless.get(path), 404, "/docs")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_a_wrong_method_is_a_problem_and_the_allowed_ones_are_named(indexless, method):
    response = indexless.open("/ask", method=method)

    assert_problem(response, 405, "Allow")
    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(response.allow)


# Odd questions get an answer or an abstention


@pytest.mark.model
@pytest.mark.parametrize(
    "question",
    [
        "\x00",
        "\x00\x01\x02\x1b[31m\x7f\x85",
        "\u202e\u2066\u200b\ufeff",
        "😀",
        "👩‍👩‍👧‍👦🇨🇳👍🏽",
        "？！……",
        "___",
        "?",
        "a",
        "几",
        "\U0002a6d6",
        "\ufffe\uffff\U0010ffff",
        "كم يستغرق تسجيل البرنامج المصغر؟",
        "כמה זמן לוקח הרישום",
        "a" * 500,
        "备" * 500,
        "😀" * 500,
        "e" + "\u0301" * 499,
        "\ufdfa" * 500,
        "' OR 1=1; --",
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} %s %n",
        "../../etc/passwd",
    ],
)
@pytest.mark.parametrize("language", ["auto", "zh-Hant"])
def test_an_odd_question_gets_an_answer_or_an_abstention(client, question, language):
    response = ask(client, question, language=language)

    assert response.status_code == 200
    assert response.json["outcome"] in {"answer", "clarify", "smalltalk", "abstain"}
    assert response.json["answer"]


@pytest.mark.model
@pytest.mark.parametrize("question", ["😀😀", "？？！", "\u200b"])
def test_a_question_without_a_word_is_not_answered(client, question):
    reply = ask(client, question).json

    assert (reply["answered"], reply["outcome"], reply["confidence"]) == (False, "abstain", 0.0)


@pytest.mark.model
def test_control_characters_within_a_question_do_not_matter(client):
    assert ask(client, "filing\x00\x1b duration\u202e").json["entry"]["id"] == "filing-time"


@pytest.mark.model
def test_the_last_of_duplicate_keys_is_asked(client):
    response = client.post("/ask", data='{"question": "备案时间", "question": "谢谢"}')

    assert response.json["entry"]["id"] == "thanks"


@pytest.mark.model
@pytest.mark.parametrize("extra", ["NaN", "-Infinity", "1e999", "9" * 4000, '{"question": "bye"}'])
def test_fields_that_are_not_of_the_contract_are_passed_over(client, extra):
    response = client.post("/ask", data=f'{{"question": "谢谢", "extra": {extra}}}')

    assert response.json["entry"]["id"] == "thanks"


# The request id


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/ask"])
@pytest.mark.parametrize("given", ["order-42", "a.B_c-9", "x" * 64])
def test_a_harmless_request_id_comes_back(indexless, path, given):
    assert given == indexless.get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<b>", "é", "a;b", "x\ty", "小"])
def test_any_other_request_id_is_replaced(indexless, given):
    header = given.encode().decode("latin-1")
    named = indexless.get("/healthz", headers={"X-Request-ID": header}).headers["X-Request-ID"]

    assert len(named) == 32 and named.isalnum()


def test_every_request_gets_an_id_of_its_own(indexless):
    ids = {indexless.get("/healthz").headers["X-Request-ID"] for _ in range(5)}

    assert len(ids) == 5


@pytest.mark.model
def test_the_reply_names_the_request_id(client):
    reply = client.post("/ask", json={"question": "hi"}, headers={"X-Request-ID": "mine"}).json

    assert reply["request_id"] == "mine"


# When the bot cannot answer


def test_without_an_index_the_remedy_is_named(indexless):
    response = ask(indexless, "小程序备案要多久？")

    assert_problem(response, 503, "no index", "flask --app wsgi index build")
    assert int(response.headers["Retry-After"]) > 0


def no_sessions():
    def closed():
        raise StoreError("there is no store")

    return Sessions(closed, LateTurns(closed, time.time))


def test_an_unexpected_failure_is_a_problem_without_internals():
    def broken_index():
        raise RuntimeError("secret /srv/password")

    app = Flask("broken")
    register_problems(app)
    app.register_blueprint(ask_blueprint(Answerer(broken_index), no_sessions(), DirectLog(), time.time))
    response = ask(app.test_client(), "hi")

    assert_problem(response, 500, "try again", "request id")
    assert [word for word in ("secret", "srv", "Runtime", "Traceback") if word in response.text] == []


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/openapi.json"])
def test_browsers_are_told_not_to_guess_types(indexless, path):
    assert indexless.get(path).headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.model
def test_pinyin_is_answered_in_chinese_also_in_a_conversation(client):
    alone = client.post("/ask", json={"question": "beian yao jitian"}).json
    first = client.post("/ask", json={"question": "beian yao jitian", "session_id": "pinyin"}).json

    assert alone["language"] == first["language"] == "zh-Hans"
    assert first["answer"] == alone["answer"]

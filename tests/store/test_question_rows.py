"""The question log's rows: what is in them, what is never in them, and that no question is refused."""

from __future__ import annotations

import pytest

from tests.store.values import OPENID, logged

COLUMNS = (
    "asked_at, channel, language, question, outcome, entry, confidence, index_version, latency_ms, request_id"
)


def test_a_row_holds_what_was_asked_when_where_and_what_came_of_it(rows, run_sql):
    rows.add([logged()])

    assert run_sql(f"SELECT {COLUMNS} FROM questions") == [
        (
            *(1_760_000_000.0, "mini:default", "zh-Hans", "备案要多久"),
            *("answer", "filing", 0.93, "20261122-120000", 4.5, "request-1"),
        )
    ]


def test_one_user_of_one_channel_is_known_again_and_nobody_else(rows, run_sql):
    rows.add([logged(), logged(), logged(user="oOther"), logged(channel="official:default")])
    users = [user for (user,) in run_sql('SELECT "user" FROM questions ORDER BY id')]

    assert users[0] == users[1]
    assert len(set(users)) == 3


def test_without_a_session_there_is_no_user(rows, run_sql):
    rows.add([logged(user="", channel="ask")])

    assert run_sql('SELECT "user" FROM questions') == [("",)]


def test_neither_the_openid_nor_a_phone_number_is_in_the_database(rows, on_disk):
    rows.add([logged("在文件里，电话13812345678")])

    assert "在文件里".encode() in on_disk()
    assert [word for word in (OPENID, "13812345678") if word.encode() in on_disk()] == []


@pytest.mark.parametrize(
    ("question", "kept"),
    [("备案\0多久", "备案多久"), ("bro\ud800ken", "bro?ken"), ("长" * 5000, "长" * 2000), ("😀", "😀")],
)
def test_no_question_is_refused(rows, run_sql, question, kept):
    rows.add([logged(question)])

    assert run_sql("SELECT question FROM questions") == [(kept,)]


@pytest.mark.parametrize("field", ["channel", "request_id"])
def test_a_name_that_is_too_long_is_cut(rows, run_sql, field):
    rows.add([logged(**{field: "x" * 1000})])

    assert run_sql(f"SELECT {field} FROM questions") == [("x" * 64,)]

"""Every page under addresses that nobody sane writes: it may refuse them, but never breaks."""

from __future__ import annotations

from dataclasses import fields

import pytest
from werkzeug.routing import Rule

from bot.admin.desk.entry_list import EntryFilter
from bot.admin.desk.question_filter import QuestionFilter
from tests.admin.desk.conftest import Operator

NAMES = sorted(
    {field.name for filter_ in (EntryFilter, QuestionFilter) for field in fields(filter_)}
    | {"after", "aside", "before", "expected", "group", "keep", "kind", "language", "next", "other", "page"}
    | {"period", "q", "question", "sort", "start", "step", "times", "want"}
)
SILLY = (
    str(10**30),
    "-1",
    "9223372036854775808",
    "nan",
    "1e400",
    "１２",
    "\0",
    "💥" * 50,
    "x" * 5000,
    "../../etc",
    "%s%",
    "' OR 1 --",
    "2026-02-31",
    "0001-01-01",
    "9999-12-31",
    "1~2",
    "9e999~99999999999999999999",
)
ONE_AT_A_TIME = SILLY[:1]


def pages(reader: Operator) -> list[tuple[Rule, set[str]]]:
    rules = reader.http.application.url_map.iter_rules()
    own = [rule for rule in rules if rule.endpoint.startswith("desk.") and "GET" in rule.methods]
    return [(rule, rule.arguments) for rule in own]


def address(reader: Operator, rule: Rule, value: str) -> str:
    """The page of a thing called so."""
    given = {name: "zh" if name == "folder" else value for name in rule.arguments}
    adapter = reader.http.application.url_map.bind("localhost")
    return adapter.build(rule.endpoint, given).removeprefix("/admin")


def broken(reader: Operator) -> list[tuple[str, dict[str, str], int]]:
    """Requests that ended in an error of the server's own."""
    found = []
    for rule, arguments in pages(reader):
        queries = [dict.fromkeys(NAMES, value) for value in SILLY]
        if not arguments:
            queries += [{name: value} for name in NAMES for value in ONE_AT_A_TIME]
        for query in queries:
            path = address(reader, rule, next(iter(query.values())) if arguments else "")
            page = reader.get(path, query_string=query)
            if page.status_code >= 500 and "no index in" not in page.text:
                found.append((path[:80], query, page.status_code))
    return found


def test_no_address_breaks_a_page(reader: Operator):
    assert broken(reader) == []


@pytest.mark.parametrize("number", ["0", str(2**31), str(10**30)])
def test_a_change_that_there_cannot_be_is_not_found(operator: Operator, number):
    assert operator.post(f"/edits/{number}/undo").status_code == 404


def test_records_of_one_moment_come_page_by_page_without_a_gap(operator: Operator, stores, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_790_000_000.0)
    for number in range(150):
        stores.audit.record("ana", "Changed an entry", f"subject {number:03}")
    first = stores.audit.newest(100)
    rest = stores.audit.newest(100, first[-1].id)

    subjects = [record.subject for record in (*first, *rest) if record.subject.startswith("subject")]
    assert subjects == [f"subject {number:03}" for number in reversed(range(150))]
    assert f"?before={first[-1].id}" in operator.get("/audit").text

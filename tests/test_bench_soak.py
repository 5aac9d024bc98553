"""What ``make soak`` sends, what it takes for an error, and what it writes of it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.soak import page
from benchmarks.soak.editions import Edition, Editions, edition_told
from benchmarks.soak.ledger import End, Entry, Ledger
from benchmarks.soak.open_loop import Request, Response
from benchmarks.soak.phases import recovered_after
from benchmarks.soak.targets import targets
from benchmarks.soak.traffic import PROBE, SHARES, About, Traffic
from bot.channels.overload import refusal, unread
from bot.channels.wechat.phrases import CHINESE
from bot.knowledge.loader import load
from bot.settings import PROJECT

RESULTS = {
    "machine": {name: "x" for name in ("processor", "cores", "memory", "system", "packages", "date", "load")},
    "minutes": 30.0,
    "seconds": 1900.0,
    "capacity": 100.0,
    "soak": {
        "rate": 80.0,
        "channels": {"ask": {"requests": 1000, "errors": 0, "p50": 10.0, "p99": 40.0, "most": 90.0}},
        "worst_minute": {"ask": 60.0},
        "failed": {},
        "refused": 0,
        "outdated": 0,
        "rebuilds": {"done": 30, "failed": []},
        "rebuild_seconds": 20.0,
        "memory": [
            {"before": 200.0, "after": 202.0, "growth": 0.01},
            {"before": 200.0, "after": 214.0, "growth": 0.07},
        ],
        "pushes": {"taken": 100, "unread": 0, "lost": 0, "twice": 0},
    },
    "flood": {
        "rate": 1000.0,
        "seconds": 10.0,
        "channels": {
            "ask": {
                "requests": 9000,
                "ends": {"answered": 900, "refused": 8100},
                "p99": 800.0,
                "refused_p99": 20.0,
            }
        },
        "kept": 0.9,
        "failed": {},
        "slowest_push": 1.5,
        "slowest_probe": 0.2,
        "recovered_after": 0.8,
        "shed": {"refused": 8100.0},
        "pushes": {"taken": 100, "unread": 0, "lost": 0, "twice": 0},
    },
}


@pytest.fixture
def editions(tmp_path: Path) -> Editions:
    """Three versions, each live for ten seconds."""
    return Editions(tmp_path, [Edition(0.0, "v0", 0), Edition(10.0, "v1", 1), Edition(20.0, "v2", 2)])


@pytest.fixture
def ledger(editions: Editions) -> Ledger:
    return Ledger(Traffic(["备案要多久"]), editions)


def answered(channel: str, body: bytes, due: float = 15.0, status: int = 200, **about: object) -> Response:
    request = Request(due, b"", channel, 5.0, About(1, "user", **about))
    return Response(request, 0.1, status, b"HTTP/1.1 200 OK", body)


def reply(version: str, answer: str = "") -> bytes:
    return json.dumps({"index_version": version, "answer": answer, "request_id": "r"}).encode()


def test_the_mix_is_of_all_channels_and_of_pushes_that_come_twice() -> None:
    traffic = Traffic(["备案要多久"])
    for number in range(201):
        traffic.answered(f"r{number}")
    sent = list(traffic.at_rate(200.0, start=100.0, seconds=20.0))
    shares = Counter(request.channel for request in sent if request.channel != PROBE)
    deliveries = Counter(request.about.user for request in sent if request.about.user)
    twice = [user for user, times in deliveries.items() if times > 1]

    assert sum(shares.values()) == pytest.approx(4000, rel=0.1)
    assert {name: shares[name] / 4000 for name in SHARES} == pytest.approx(SHARES, abs=0.03)
    assert all("official" in user or "mini" in user for user in twice) and len(twice) > 40
    assert [request.due for request in sent][:-50] == sorted(request.due for request in sent)[:-50]


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [(5.0, {"v0": 0}), (11.0, {"v0": 0, "v1": 1}), (15.0, {"v1": 1}), (30.0, {"v2": 2})],
)
def test_a_version_may_answer_while_it_is_live_and_for_a_moment_after(
    editions: Editions, asked: float, allowed: dict[str, int]
) -> None:
    assert editions.allowed(asked, asked + 0.1) == allowed


@pytest.mark.parametrize(
    ("body", "outdated"),
    [
        (reply("v1", "一周。（第 1 版）"), 0),
        (reply("v0", "一周。"), 1),
        (reply("v1", "一周。"), 1),
        (reply("v1", "一周。（第 2 版）"), 1),
    ],
)
def test_answers_of_a_wrong_version_or_with_another_s_words_are_noticed(
    ledger: Ledger, body: bytes, outdated: int
) -> None:
    ledger.note(answered("ask", body, tells_edition=True))

    assert ledger.outdated == outdated


def test_a_push_s_words_are_compared_with_the_edition_and_with_its_first_reply(ledger: Ledger) -> None:
    told = "<Content>一周。（第 1 版）</Content>".encode()
    for body in (told, told, told.replace("一周".encode(), "两周".encode()), b"<Content></Content>"):
        ledger.note(answered("official", body, tells_edition=True))

    assert (ledger.changed, ledger.outdated) == (2, 1)


def test_every_end_is_told_apart(ledger: Ledger) -> None:
    head, _, body = refusal(is_page=False).partition(b"\r\n\r\n")
    refused = Response(Request(15.0, b"", "ask", 5.0, About(1)), 0.1, 503, head, body)
    ends = {
        End.REFUSED: refused,
        End.TOLD: answered("official", CHINESE.too_many.encode()),
        End.UNREAD: answered("official", unread().partition(b"\r\n\r\n")[2]),
        End.ERROR: answered("ask", b"", status=500),
        End.TAKEN: answered("mini", b"success"),
        End.ANSWERED: answered("feedback", b"", status=204),
    }
    for response in [*ends.values(), answered("ask", b"", status=503), answered(PROBE, b"", status=0)]:
        ledger.note(response)

    assert [entry.end for entry in ledger.entries] == [*ends, End.ERROR, End.ERROR]
    assert ledger.errors == {"ask: 500": 1, "ask: 503": 1, "probe: no reply": 1}


def test_it_is_over_when_the_last_late_answer_was_due() -> None:
    entries = [
        Entry("ask", 100.2, 0.1, End.ANSWERED),
        Entry("ask", 100.4, 0.9, End.ANSWERED),
        Entry("ask", 100.7, 0.0, End.REFUSED),
        Entry("ask", 101.0, 0.1, End.ANSWERED),
    ]

    assert recovered_after(entries, 100.0) == pytest.approx(0.7)
    assert recovered_after(entries[3:], 100.0) == 0.0


def test_the_knowledge_really_changes_and_stays_sound(editions: Editions) -> None:
    shutil.copytree(PROJECT / "knowledge", editions.knowledge)
    before = answer_in(editions)
    for number in (1, 2):
        editions.write(number)

    after = answer_in(editions)
    assert (edition_told(before), edition_told(after.split("\n\n")[0])) == (0, 2)
    assert after.replace("（第 2 版）", "") == before


def answer_in(editions: Editions) -> str:
    entries = load(editions.knowledge).entries
    return next(each.answer for each in entries if (each.id, each.language) == ("filing-time", "zh"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_tells_everything_and_what_falls_short(language: str, tmp_path: Path) -> None:
    page.write(RESULTS, tmp_path)
    english, chinese = ((tmp_path / name).read_text() for name in ("reliability.md", "reliability.zh-CN.md"))

    assert "- growth of a worker's memory, %: 7, asked ≤ 5\n" in english
    assert "- worker 内存增长（%）: 7, 要求 ≤ 5\n" in chinese
    assert [target.name for target in targets(RESULTS) if not target.is_met] == [
        "growth of a worker's memory, %"
    ]
    for text in (english, chinese):
        assert "| ask | 1,000 | 0 | 10 | 40 | 60 | 90 |" in text
        assert "| ask | 9,000 | 900 | 0 | 8,100 | 0 | 0 | 0 | 800 | 20 |" in text
        assert "{" not in text


def test_a_run_too_short_to_see_memory_grow_falls_short_of_it(tmp_path: Path) -> None:
    results = RESULTS | {"minutes": 1.0, "soak": RESULTS["soak"] | {"memory": []}}
    page.write(results, tmp_path)

    text = (tmp_path / "reliability.md").read_text()
    assert "- growth of a worker's memory, %: –, asked ≤ 5\n" in text
    assert "**A short run, for a look only; the machine was busy with others.**" in text

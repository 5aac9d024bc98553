"""Pushes and their one effect, whoever delivers them, how often and when."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from bot.domain import Conversation, Judgement, Language, Offer, Said, SaidKind, Verdict
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from tests.postgres import run_sql as run_sql_at
from tests.store.conftest import KEY
from tests.store.values import CHANNEL, FORGET, OPENID, TALK, effect, message

PROJECT = Path(__file__).parent.parent.parent
HALF_AN_HOUR = 1800.0

SETTLE_THIRTY_PUSHES = """
import sys, time
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from bot.domain import Said, SaidKind
from tests.store.values import effect
database, secrets = Database(sys.argv[1]), Secrets(b"k" * 32)
inbox = Inbox(database, secrets, time.time)
print("ready", flush=True)
sys.stdin.readline()
ours = effect(said=Said(SaidKind.TEXT, sys.argv[2], time.time()))
print(*(inbox.settle(f"wx1:message:{n}", ours).text for n in range(30)))
"""


def counts(run_sql):
    """How many pushes, log rows and messages there are."""
    return tuple(
        run_sql(f"SELECT count(*) FROM {table}")[0][0] for table in ("pushes", "questions", "outbox")
    )


# One effect


def test_a_push_that_never_came_has_no_reply(inbox):
    assert inbox.settled("wx1:message:1") is None


def test_a_later_delivery_gets_the_first_ones_reply_and_has_no_effect(inbox, run_sql):
    first = inbox.settle("wx1:message:1", effect("一"))

    assert inbox.settle("wx1:message:1", effect("二")) == first == inbox.settled("wx1:message:1")
    assert first.text == "一"
    assert counts(run_sql) == (1, 1, 1)


@pytest.mark.parametrize("kind", list(SaidKind))
def test_every_kind_of_reply_comes_back_as_it_was_with_its_time(inbox, clock, kind):
    said = Said(kind, "文字 🙂\n第二行", at=clock.now)
    clock.now += 3.0

    assert inbox.settle("wx1:message:1", effect(said=said)) == inbox.settled("wx1:message:1") == said


def test_another_key_is_another_push(inbox, run_sql):
    inbox.settle("wx1:message:1", effect("一"))

    assert inbox.settle("wx1:message:2", effect("二")).text == "二"
    assert counts(run_sql) == (2, 2, 2)


def test_sixteen_deliveries_at_once_have_one_effect_and_one_reply(inbox, run_sql):
    together = Barrier(16)

    def deliver(worker):
        together.wait()
        return inbox.settle("wx1:message:1", effect(f"答{worker}"))

    with ThreadPoolExecutor(16) as pool:
        replies = set(pool.map(deliver, range(16)))

    assert replies == {inbox.settled("wx1:message:1")}
    assert counts(run_sql) == (1, 1, 1)


@pytest.fixture
def four_processes(new_url):
    """Processes on one database that does not exist yet; each settles the same thirty pushes when told to."""
    command = [sys.executable, "-c", SETTLE_THIRTY_PUSHES, new_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    processes = [subprocess.Popen([*command, f"答{n}"], cwd=PROJECT, **pipes) for n in range(4)]
    yield processes
    for process in processes:
        process.kill()


def test_four_processes_on_a_new_database_settle_each_push_once(four_processes, new_url):
    run_sql = partial(run_sql_at, new_url)
    for process in four_processes:
        assert process.stdout.readline() == "ready\n"
    for process in four_processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    heard = [process.communicate(timeout=20)[0].split() for process in four_processes]

    assert (
        heard
        == [[text for (text,) in run_sql("SELECT reply_text FROM pushes ORDER BY length(key), key")]] * 4
    )
    assert counts(run_sql) == (30, 30, 30)


def test_a_push_stays_settled_over_a_restart(inbox, url, clock):
    said = inbox.settle("wx1:message:1", effect())

    with closing(Database(url)) as reopened:
        assert Inbox(reopened, Secrets(KEY), clock).settled("wx1:message:1") == said


def test_an_effect_that_breaks_halfway_did_not_happen(inbox, run_sql):
    inbox.settle("wx1:message:1", effect())
    run_sql("DROP TABLE outbox")

    with pytest.raises(StoreError):
        inbox.settle("wx1:message:2", effect())
    assert inbox.settled("wx1:message:2") is None
    assert run_sql("SELECT count(*) FROM questions") == [(1,)]


def test_an_effect_that_the_database_refuses_is_an_error_and_no_reply(inbox):
    """A key that is there already is refused with the same words: one must not be taken for the other."""
    with pytest.raises(StoreError):
        inbox.settle("wx1:message:1", effect(messages=(message(None),)))
    assert inbox.settled("wx1:message:1") is None


# Conversations


def test_a_conversation_goes_on_as_it_was_left(inbox):
    inbox.settle("wx1:message:1", effect())

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == TALK


@pytest.mark.parametrize(("channel", "openid"), [(CHANNEL, "oAnother"), ("official:default", OPENID)])
def test_another_user_or_channel_has_another_conversation(inbox, channel, openid):
    inbox.settle("wx1:message:1", effect())

    assert inbox.arrived("none", channel, openid, HALF_AN_HOUR) == Conversation()


def test_the_last_push_leaves_the_conversation(inbox):
    inbox.settle("wx1:message:1", effect())
    inbox.settle("wx1:message:2", effect(conversation=Conversation(rest="只剩这些。")))

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == Conversation(rest="只剩这些。")


@pytest.mark.parametrize(("seconds", "choices"), [(1799, TALK.choices), (1801, ())])
def test_a_conversation_ends_after_a_while(inbox, clock, seconds, choices):
    inbox.settle("wx1:message:1", effect())
    clock.now += seconds

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR).choices == choices


def test_that_a_human_serves_is_known_beyond_the_conversations_end(inbox, clock):
    until = clock.now + 7200
    inbox.settle("wx1:event:1", effect(conversation=Conversation(rest="旧的", human_until=until)))
    clock.now += 3600

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == Conversation(human_until=until)


def test_the_answer_to_judge_is_known_beyond_the_conversations_end_for_a_day(inbox, clock):
    offer = Offer("request-1", clock.now, Language.TRADITIONAL, is_last=True)
    inbox.settle("wx1:message:1", effect(conversation=Conversation(rest="旧的", offer=offer)))
    clock.now += 86_000

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == Conversation(offer=offer)
    clock.now += 401
    inbox.settle("wx1:message:2", effect(openid="oAnother"))
    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == Conversation()


# Verdicts


def test_a_verdict_is_part_of_the_effect_and_happens_once(inbox, run_sql, clock):
    up, down = (Judgement("request-1", verdict) for verdict in (Verdict.UP, Verdict.DOWN))
    inbox.settle("wx1:message:1", effect(asked=(), judgement=up))
    inbox.settle("wx1:message:1", effect(asked=(), judgement=down))

    assert run_sql("SELECT * FROM feedback") == [("request-1", "up", "", clock.now)]
    inbox.settle("wx1:message:2", effect(asked=(), judgement=down))
    assert run_sql("SELECT request_id, verdict FROM feedback") == [("request-1", "down")]


def test_a_verdict_on_nobodys_answer_is_not_kept(inbox, run_sql):
    inbox.settle("wx1:message:1", effect(judgement=Judgement("", Verdict.UP)))

    assert run_sql("SELECT * FROM feedback") == []


# What is forgotten


def test_unsubscribing_deletes_everything_kept_of_the_user(inbox, run_sql):
    inbox.settle("wx1:message:1", effect())
    inbox.settle("wx1:event:2", effect(**FORGET))

    assert inbox.arrived("none", CHANNEL, OPENID, HALF_AN_HOUR) == Conversation()
    assert counts(run_sql)[1:] == (0, 0)


@pytest.mark.parametrize("other", [{"openid": "oAnother"}, {"channel": "mini:brand"}])
def test_unsubscribing_leaves_other_users_and_accounts_alone(inbox, run_sql, other):
    inbox.settle("wx1:message:1", effect(**other))
    inbox.settle("wx1:event:2", effect(**FORGET))

    assert inbox.arrived("none", other.get("channel", CHANNEL), other.get("openid", OPENID), 60.0) == TALK
    assert counts(run_sql)[1:] == (1, 1)


@pytest.mark.parametrize(
    ("days", "has_push", "has_talk"), [(0.9, True, True), (1.1, True, False), (2.1, False, False)]
)
def test_conversations_are_forgotten_after_a_day_and_pushes_after_two(inbox, clock, days, has_push, has_talk):
    inbox.settle("wx1:message:1", effect(openid="oOld"))
    clock.now += days * 86400
    inbox.settle("wx1:message:2", effect(said=Said(SaidKind.TEXT, "新", clock.now)))

    assert (inbox.settled("wx1:message:1") is not None) == has_push
    assert (inbox.arrived("none", CHANNEL, "oOld", 1e9) == TALK) == has_talk
    assert inbox.settled("wx1:message:2").text == "新"


def test_no_raw_openid_is_in_the_database_files(inbox, outbox, on_disk):
    inbox.settle("wx1:message:1", effect("在文件里"))
    inbox.settle("wx1:message:2", effect())
    outbox.sent(outbox.take(1)[0])

    assert "在文件里".encode() in on_disk()
    assert Counter(word in on_disk() for word in (OPENID.encode(), OPENID.encode("utf-16-le"))) == {False: 2}

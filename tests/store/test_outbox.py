"""Customer messages on their way: each user's in order, each taken once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from sqlalchemy import event, func, select

from bot.domain import Backlog
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.secrets import Secrets
from bot.store.tables import outbox as outbox_table
from tests.store.conftest import KEY
from tests.store.values import CHANNEL, OPENID, effect, message

ENDINGS = {
    "sent": lambda outbox, due: outbox.sent(due),
    "dropped": lambda outbox, due: outbox.drop(due, "45015"),
    "in doubt": lambda outbox, due: outbox.doubt(due, "timeout"),
}
ENDING = pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)


@pytest.fixture
def queue(inbox):
    """Queues a user's messages in one push."""
    numbers = iter(range(1000))

    def queue(*texts, openid=OPENID, valid_for=60.0):
        messages = tuple(message(text, valid_for) for text in texts)
        inbox.settle(f"wx1:message:{next(numbers)}", effect(openid=openid, messages=messages))

    return queue


def texts(dues):
    return [due.text for due in dues]


def test_a_message_is_taken_with_everything_needed_to_send_it(outbox, queue):
    queue("二十天。")
    (due,) = outbox.take(9)

    assert (due.account, due.recipient, due.text, due.attempts) == (CHANNEL, OPENID, "二十天。", 0)


def test_a_message_is_taken_once(outbox, queue):
    queue("一")

    assert texts(outbox.take(9)) == ["一"]
    assert outbox.take(9) == []


def test_a_users_messages_go_one_after_the_other(outbox, queue):
    queue("一", "二")
    (first,) = outbox.take(9)
    while_it_is_sent = outbox.take(9)
    outbox.sent(first)

    assert while_it_is_sent == []
    assert texts(outbox.take(9)) == ["二"]


def test_users_do_not_wait_for_each_other_and_the_oldest_goes_first(outbox, queue):
    queue("甲一", "甲二", openid="oA")
    queue("乙一", openid="oB")
    queue("丙一", openid="oC")

    assert texts(outbox.take(2)) == ["甲一", "乙一"]
    assert texts(outbox.take(2)) == ["丙一"]


@ENDING
def test_what_is_settled_is_never_taken_again_and_lets_the_next_go(outbox, queue, clock, end):
    queue("一", "二", valid_for=9e9)
    end(outbox, outbox.take(1)[0])
    clock.now += 1e6

    assert texts(outbox.take(9)) == ["二"]


@ENDING
def test_whoever_got_a_message_is_wiped_with_it(outbox, queue, run_sql, end):
    queue("一")
    end(outbox, outbox.take(1)[0])

    assert run_sql("SELECT recipient FROM outbox") == [(b"",)]


def test_a_retry_waits_and_carries_only_what_is_left(outbox, queue, clock):
    queue("一二三")
    outbox.retry(outbox.take(1)[0], "二三", 5.0, "busy")
    too_early = outbox.take(9)
    clock.now += 5.0
    (due,) = outbox.take(9)

    assert too_early == []
    assert (due.recipient, due.text, due.attempts) == (OPENID, "二三", 1)


def test_a_retry_keeps_its_place_before_later_messages(outbox, queue, clock):
    queue("一", "二")
    outbox.retry(outbox.take(1)[0], "一", 5.0, "busy")
    meanwhile = outbox.take(9)
    clock.now += 5.0

    assert meanwhile == []
    assert texts(outbox.take(9)) == ["一"]


def test_why_a_message_was_given_up_can_be_read_later(outbox, queue, run_sql):
    queue("一")
    outbox.drop(outbox.take(1)[0], "45015 out of response time")

    assert run_sql("SELECT state, error FROM outbox") == [("dropped", "45015 out of response time")]


# Windows


def test_a_message_whose_window_closed_is_dropped_and_wiped(outbox, queue, clock, run_sql):
    queue("一", valid_for=60.0)
    clock.now += 61.0

    assert (outbox.expire(), outbox.expire()) == (1, 0)
    assert run_sql("SELECT state, recipient, error FROM outbox") == [("dropped", b"", "its window closed")]


def test_a_message_is_not_taken_after_its_window_and_holds_nobody_up(outbox, queue, clock):
    queue("迟了", valid_for=60.0)
    queue("还来得及", valid_for=600.0)
    clock.now += 61.0

    assert texts(outbox.take(9)) == ["还来得及"]


def test_a_message_within_its_window_does_not_expire(outbox, queue, clock):
    queue("一", valid_for=60.0)
    clock.now += 59.0

    assert outbox.expire() == 0
    assert texts(outbox.take(9)) == ["一"]


def test_what_became_of_a_message_is_forgotten_after_a_day(outbox, queue, clock, run_sql):
    queue("一", valid_for=60.0)
    outbox.sent(outbox.take(1)[0])
    outbox.expire()
    kept = run_sql("SELECT state FROM outbox")
    clock.now += 86400 + 61
    outbox.expire()

    assert kept == [("sent",)]
    assert run_sql("SELECT state FROM outbox") == []


# Senders that die, and senders at once


def test_a_killed_senders_message_is_left_and_the_next_goes(outbox, queue):
    """It may have arrived: nothing is sent twice."""
    queue("发了一半", "二")
    outbox.take(1)

    assert outbox.abandon() == 1
    assert texts(outbox.take(9)) == ["二"]


def test_a_starting_sender_leaves_waiting_messages_as_they_are(outbox, queue):
    queue("一")

    assert outbox.abandon() == 0
    assert texts(outbox.take(9)) == ["一"]


def test_messages_outlive_a_restart(queue, url, clock):
    queue("一")

    with closing(Database(url)) as reopened:
        assert texts(Outbox(reopened, Secrets(KEY), clock).take(9)) == ["一"]


def test_eight_senders_at_once_never_take_the_same_message(outbox, queue):
    for number in range(40):
        queue(f"第{number}条", openid=f"oUser{number}")
    together = Barrier(8)

    def take(_sender):
        together.wait()
        return [due.id for _ in range(10) for due in outbox.take(3)]

    with ThreadPoolExecutor(8) as pool:
        taken = [message_id for ids in pool.map(take, range(8)) for message_id in ids]

    assert sorted(taken) == list(range(1, 41))


def test_the_backlog_tells_what_waits_is_sent_and_failed_and_for_how_long_the_oldest_waits(
    outbox, queue, clock
):
    queue("会失败的", openid="o1")
    queue("会存疑的", openid="o2")
    queue("会发出的", openid="o3")
    failing, doubtful, arriving = outbox.take(9)
    outbox.drop(failing, "45015")
    outbox.doubt(doubtful, "timeout")
    outbox.sent(arriving)
    queue("正在发的", openid="o4")
    outbox.take(9)
    queue("等着的", "跟着的", openid="o5")
    clock.now += 12.5

    assert outbox.backlog() == [Backlog(CHANNEL, waiting=2, sending=1, failed=2, overdue_seconds=12.5)]


def test_however_much_was_sent_the_backlog_and_its_clearing_do_not_read_it(database, outbox, queue):
    """Both are asked for again and again, under load."""
    for number in range(300):
        queue("发了的", openid=f"o{number}")
    for _ in range(20):
        for due in outbox.take(16):
            outbox.sent(due)
    queue("等着的")

    steps = _Steps(database)
    assert outbox.backlog() == [Backlog(CHANNEL, waiting=1)]
    assert outbox.expire() == 0
    assert steps.count < 100


def test_however_much_waits_taking_the_next_is_the_same_work(database, outbox, queue):
    """As after an hour in which WeChat could not be reached; the other writers wait meanwhile."""
    steps, figures = _Steps(database), []
    for waiting in (20, 400):
        for number in range(waiting):
            queue("等着的", openid=f"o{waiting}-{number}")
        before = steps.count
        assert len(outbox.take(16)) == 16
        figures.append(steps.count - before)

    assert figures[1] <= 2 * figures[0]


def test_senders_at_once_settle_each_their_own(outbox, queue, run_sql):
    for number in range(16):
        queue(f"第{number}条", openid=f"o{number}")
    endings = [outbox.sent, lambda due: outbox.drop(due, "45015"), lambda due: outbox.doubt(due, "timeout")]
    together = Barrier(16)

    def settle(due):
        together.wait()
        endings[due.id % 3](due)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(settle, outbox.take(16)))

    states = ["sent", "dropped", "unknown"]
    expected = [(number, states[number % 3], b"") for number in range(1, 17)]
    assert run_sql("SELECT id, state, recipient FROM outbox ORDER BY id") == expected


class _Steps:
    """How much work SQLite has, in tens of its instructions; 0 for others, which plan by statistics."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        for way in (database._reading, database._writing):
            event.listen(way.engine, "begin", self._watch)

    def _watch(self, connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.set_progress_handler(self._add, 10)

    def _add(self) -> int:
        self.count += 1
        return 0


def test_what_is_long_over_goes_up_to_the_first_that_is_kept(database, outbox, queue, clock):
    queue("一", openid="o1", valid_for=10.0)
    queue("二", openid="o2", valid_for=10.0)
    queue("三", openid="o3", valid_for=9e9)
    clock.now += 24 * 3600 + 11
    outbox.expire()

    assert [due.text for due in outbox.take(9)] == ["三"]
    clock.now += 9.1e9
    outbox.expire()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(outbox_table)).scalar() == 0


def test_a_message_that_is_to_be_tried_later_is_not_overdue(outbox, queue):
    queue("一")
    (due,) = outbox.take(9)
    outbox.retry(due, "一", 60.0, "busy")

    assert outbox.backlog() == [Backlog(CHANNEL, waiting=1)]


def test_an_outbox_in_which_nothing_is_left_has_no_backlog(outbox, queue):
    queue("一")
    for due in outbox.take(9):
        outbox.sent(due)

    assert outbox.backlog() == []


def test_what_was_sealed_with_a_lost_key_is_dropped_and_the_rest_is_sent(database, clock, outbox, queue):
    queue("谁也不知道给谁")
    with_new_key = Outbox(database, Secrets(b"n" * 32), clock)

    assert with_new_key.take(9) == []
    assert with_new_key.backlog()[0].failed == 1


def test_a_retry_is_due_when_the_clock_was_put_back(outbox, queue, clock):
    queue("再试")
    (due,) = outbox.take(9)
    outbox.retry(due, due.text, 60.0, "busy")
    assert outbox.take(9) == []
    clock.now -= 3600.0

    assert [due.text for due in outbox.take(9)] == ["再试"]

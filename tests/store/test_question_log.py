"""The question log's way to the database, whatever befalls the database or the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from flask import Flask

from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.health import health_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.problems import register_problems
from bot.channels.sessions import Sessions
from bot.domain import IndexState, LogState
from bot.errors import StoreError
from bot.store.database import Database
from bot.store.question_log import Pace, QuestionLog
from bot.store.question_rows import QuestionRows
from bot.store.secrets import Secrets
from tests.fakes import FakeIndex, make_entry
from tests.store.conftest import KEY, POSTGRESQL
from tests.store.faults import PROJECT, absent, full, locked, until
from tests.store.values import logged

QUICK = Pace(gathering=0.01, retry=0.05, idle=0.05)
INDEX = FakeIndex(make_entry("filing", "备案要多久"))
ASK_A_QUESTION_EVERY_HUNDREDTH = """
import sys, time
from itertools import count
from bot.store.database import Database
from bot.store.question_log import QuestionLog
from bot.store.question_rows import QuestionRows
from bot.store.secrets import Secrets
from tests.store.values import logged
log = QuestionLog(QuestionRows(Database(sys.argv[1]), Secrets(b"k" * 32)).add)
for n in range(int(sys.argv[2])):
    now = time.time()
    log.write(logged(asked_at=now))
    print(now, flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
def log(url):
    """A log that is quick to try again, on a database that is not waited for."""
    with (
        closing(Database(url, 0.05)) as database,
        closing(QuestionLog(QuestionRows(database, Secrets(KEY)).add, pace=QUICK)) as log,
    ):
        yield log


@pytest.fixture
def asked(run_sql):
    """The questions that the database has."""
    return lambda: [question for (question,) in run_sql("SELECT question FROM questions ORDER BY id")]


@pytest.fixture(params=["locked", "full", "absent"])
def fault(request, kind, url, path):
    """A fault of the database, for as long as one is in it."""
    if request.param == "locked":
        return lambda: locked(url)
    if kind == POSTGRESQL:
        postgres = request.getfixturevalue("postgres")
        return postgres.letting_nobody_in if request.param == "full" else postgres.stopped
    return full if request.param == "full" else lambda: absent(path)


@pytest.fixture
def client(log):
    """A bot that answers one question, and cannot remember sessions."""

    def no_sessions():
        raise StoreError("there is no store")

    app = Flask("bot")
    register_problems(app)
    app.register_blueprint(
        health_blueprint(lambda: INDEX, IndexState, lambda: INDEX.digest, lambda: log.state)
    )
    with closing(LateTurns(no_sessions, lambda: 0.0)) as late:
        sessions = Sessions(no_sessions, late)
        app.register_blueprint(ask_blueprint(Answerer(lambda: INDEX), sessions, log, lambda: 1_760_000_000.0))
        yield app.test_client()


def test_a_question_is_in_the_database_soon(log, asked):
    log.write(logged("备案要多久"))

    until(lambda: asked() == ["备案要多久"])


def test_questions_of_many_threads_all_arrive_once(log, asked):
    def ask(worker):
        for n in range(50):
            log.write(logged(f"{worker}-{n}"))

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()

    assert sorted(asked()) == sorted(f"{worker}-{n}" for worker in range(8) for n in range(50))


def test_stopping_writes_what_is_waiting(url, asked):
    with closing(Database(url)) as database:
        log = QuestionLog(QuestionRows(database, Secrets(KEY)).add, pace=Pace(gathering=60.0))
        for n in range(300):
            log.write(logged(str(n)))
        log.close()

    assert asked() == [str(n) for n in range(300)]


def test_while_the_database_fails_the_bot_answers_says_so_and_catches_up(client, fault, asked):
    # Together more than what a file that is full may have room for.
    questions = [f"{n} 备案" + "吗" * 400 for n in range(20)]
    client.post("/ask", json={"question": "备案要多久"})
    until(lambda: asked() == ["备案要多久"])
    with fault():
        replies = [client.post("/ask", json={"question": question}) for question in questions]
        until(lambda: client.get("/readyz").json["store"]["status"] == "failing")
        ready = client.get("/readyz")
    until(lambda: client.get("/readyz").json["store"] == {"status": "ok", "waiting": 0, "dropped": 0})

    assert {reply.status_code for reply in [*replies, ready]} == {200}
    assert ready.json["store"]["reason"].startswith("the database failed")
    until(lambda: asked() == ["备案要多久", *questions])


@pytest.mark.parametrize("fault", ["absent"], indirect=True)
def test_a_database_that_is_gone_is_noticed_though_nobody_asks(log, fault):
    log.start()
    with fault():
        until(lambda: log.state.reason)
    until(lambda: not log.state.reason)


def test_a_question_in_the_bots_session_is_logged_with_its_user_and_request(client, run_sql):
    reply = client.post("/ask", json={"question": "备案要多久", "session_id": "s1"}).json
    client.post("/ask", json={"question": "备案要多久"})
    query = 'SELECT request_id, channel, "user", entry FROM questions ORDER BY id'
    until(lambda: len(run_sql(query)) == 2)
    first, second = run_sql(query)

    assert first == (reply["request_id"], "ask", Secrets(KEY).user("ask", "s1"), "filing")
    assert second[1:] == ("ask", "", "filing")


def test_long_chores_do_not_hold_up_the_log():
    taken = []

    def chores(between_steps):
        log.write(logged("在打扫时问的"))
        between_steps()
        taken.append([question for batch in batches for question in batch])

    batches = []
    with closing(QuestionLog(batches.append, chores, QUICK)) as log:
        log.start()
        until(lambda: taken)

    assert [row.asked.question for row in taken[0]] == ["在打扫时问的"]


# However long it fails


class Broken:
    """A database that takes nothing until it is mended."""

    def __init__(self, error=None):
        self.error, self.rows = error or StoreError("the disk is full"), []

    def add(self, batch):
        if self.error:
            raise self.error
        self.rows += [row.asked.question for row in batch]


def test_the_newest_questions_wait_and_the_oldest_are_dropped_and_counted():
    broken = Broken()
    with closing(QuestionLog(broken.add, pace=QUICK, waiting_at_most=3)) as log:
        for n in range(10):
            log.write(logged(str(n)))
        # A batch that is being tried is neither waiting nor dropped.
        until(lambda: log.state == LogState(waiting=3, dropped=7, reason="the disk is full"))

        broken.error = None
        until(lambda: broken.rows == ["7", "8", "9"])
        until(lambda: not log.state.reason)


def test_whoever_observes_it_is_told_of_a_failure_of_what_is_lost_and_of_its_end():
    broken, told = Broken(), []
    with closing(QuestionLog(broken.add, pace=QUICK, waiting_at_most=3, observe=told.append)) as log:
        for n in range(10):
            log.write(logged(str(n)))
        until(lambda: LogState(waiting=3, dropped=7, reason="the disk is full") in told)

        broken.error = None
        until(lambda: told[-1] == LogState(dropped=7))


def test_it_is_complained_about_once_and_so_is_its_end(caplog):
    broken = Broken()
    with closing(QuestionLog(broken.add, pace=QUICK)) as log:
        for n in range(5):
            log.write(logged(str(n)))
            until(lambda: log.state.waiting == n + 1 and log.state.reason)  # noqa: B023 - it is now
        broken.error = None
        until(lambda: len(broken.rows) == 5 and not log.state.reason)

    assert caplog.text.count("answering without a question log: the disk is full") == 1
    assert caplog.text.count("logging questions again") == 1


def test_an_error_that_nobody_foresaw_does_not_end_the_log():
    broken = Broken(RuntimeError("a bug"))
    with closing(QuestionLog(broken.add, pace=QUICK)) as log:
        log.write(logged())
        until(lambda: "a bug" in log.state.reason)
        broken.error = None

        until(lambda: broken.rows)


def test_a_stop_while_the_database_fails_ends_and_says_what_is_lost(caplog):
    log = QuestionLog(Broken().add, pace=QUICK)
    log.write(logged())
    log.close()

    assert "stopped with 1 questions not logged: the disk is full" in caplog.text


# Whatever ends the worker


@pytest.fixture
def worker(url):
    """A process that asks so many questions, a hundred a second."""
    processes = []

    def start(questions):
        command = [sys.executable, "-c", ASK_A_QUESTION_EVERY_HUNDREDTH, url, str(questions)]
        pipes = {"stdout": subprocess.PIPE, "encoding": "utf-8"}
        processes.append(subprocess.Popen(command, cwd=PROJECT, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_worker_that_is_killed_loses_at_most_its_last_second(worker, run_sql):
    process = worker(100_000)
    times = [float(process.stdout.readline()) for _ in range(300)]
    os.kill(process.pid, signal.SIGKILL)
    times += map(float, process.stdout.read().split())
    kept = {at for (at,) in run_sql("SELECT asked_at FROM questions")}

    assert [at for at in times if at < times[-1] - 1.0 and at not in kept] == []


def test_a_worker_that_ends_loses_nothing(worker, run_sql):
    process = worker(30)
    times = [float(line) for line in process.stdout]

    assert process.wait(20) == 0
    assert run_sql("SELECT asked_at FROM questions ORDER BY id") == [(at,) for at in times]

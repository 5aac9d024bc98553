"""Writes of several threads in one transaction: nobody's is lost, and nobody suffers for another's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy.exc import IntegrityError

from bot.errors import StoreError
from bot.store.group_commit import GroupCommit
from bot.store.prepared import run_raw
from tests.store.faults import until

LEASES = "SELECT name FROM leases ORDER BY until"


class Counted:
    """A database, and how many transactions were committed in it."""

    def __init__(self, database):
        self.database, self.committed = database, 0

    @contextmanager
    def writing(self):
        with self.database.writing() as connection:
            yield connection
        self.committed += 1


@pytest.fixture
def counted(database):
    return Counted(database)


@pytest.fixture
def together(counted):
    """Runs writes, each in a thread of its own, that all come while another one is being written."""

    def together(*writes, error=None):
        group, is_written, may_end = GroupCommit(counted), Event(), Event()

        def first(_connection):
            is_written.set()
            assert may_end.wait(30)
            if error:
                raise error

        with ThreadPoolExecutor(1 + len(writes)) as pool:
            pool.submit(group.run, "", first)
            assert is_written.wait(30)
            waiting = [pool.submit(group.run, *write) for write in writes]
            until(lambda: len(group._waiting) == len(writes))
            may_end.set()
        return waiting

    return together


def lease(name, place=0.0):
    """A user, and a write of theirs that gives back its name."""

    def write(connection):
        run_raw(connection, f"INSERT INTO leases VALUES ('{name}', 'worker', {place})")
        return name

    return name, write


def test_a_write_is_committed_when_it_returns(counted, run_sql):
    assert GroupCommit(counted).run(*lease("one")) == "one"

    assert run_sql(LEASES) == [("one",)]


def test_those_who_wait_are_written_in_one_transaction_and_each_gets_its_own_result(
    together, counted, run_sql
):
    names = ["a", "b", "c", "d"]

    waiting = together(*(lease(name, place) for place, name in enumerate(names)))

    assert [each.result() for each in waiting] == names
    assert counted.committed == 2
    assert run_sql(LEASES) == [(name,) for name in names]


def test_a_group_is_written_in_the_order_of_its_users(together):
    """Two processes whose groups have users in common would else wait for each other."""
    written = []
    together(*((whose, lambda _connection, whose=whose: written.append(whose)) for whose in "cadb"))

    assert written == list("abcd")


def test_what_the_database_refuses_fails_alone(together, run_sql):
    fine, refused, fine_too = together(lease("a"), ("b", lease("a")[1]), lease("c", 1.0))

    assert (fine.result(), fine_too.result()) == ("a", "c")
    assert isinstance(refused.exception(), IntegrityError)
    assert run_sql(LEASES) == [("a",), ("c",)]


def test_while_the_database_fails_all_hear_of_it(together, run_sql):
    run_sql("DROP TABLE leases")

    assert [type(each.exception()) for each in together(lease("a"), lease("b"))] == [StoreError] * 2


def test_who_waits_while_the_database_fails_does_not_wait_for_it_again(together, counted):
    waiting = together(lease("a"), lease("b"), error=StoreError("locked"))

    assert [str(each.exception()) for each in waiting] == ["locked"] * 2
    assert counted.committed == 0


def test_after_a_failure_others_are_written(counted, run_sql):
    group = GroupCommit(counted)
    with pytest.raises(ZeroDivisionError):
        group.run("a", lambda _connection: 1 / 0)
    group.run(*lease("b"))

    assert run_sql(LEASES) == [("b",)]

"""Passwords, sessions and wrong attempts, on each kind of database."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from bot.reports import AuditRecord, Login
from bot.store.audit import AuditLog
from bot.store.desk_access import DeskAccess
from bot.store.secrets import Secrets
from tests.store.conftest import KEY

NAME, PASSWORD = "梅", "correct horse battery"
HOUR = 3600


@pytest.fixture
def access(database, clock):
    access = DeskAccess(database, Secrets(KEY), clock)
    access.set_password(NAME, PASSWORD)
    return access


def log_in(access, password=PASSWORD, name=NAME, address="192.0.2.1"):
    return access.log_in(name, password, address)


def test_the_right_password_begins_a_session(access):
    session = access.session(log_in(access).token)

    assert session.operator == NAME
    assert len(session.csrf_token) >= 40


def test_two_sessions_have_nothing_in_common(access):
    first, second = log_in(access).token, log_in(access).token

    assert first != second
    assert access.session(first).csrf_token != access.session(second).csrf_token


@pytest.mark.parametrize("token", ["", "x" * 43, "\udcff"])
def test_a_made_up_token_is_nobodys(access, token):
    assert access.session(token) is None


def test_neither_password_nor_token_nor_address_can_be_read_from_the_database(access, on_disk):
    token = log_in(access).token
    log_in(access, "wrong wrong wrong", address="192.0.2.77")

    for secret in (PASSWORD, token, "wrong wrong", "192.0.2"):
        assert secret.encode() not in on_disk()


def test_a_session_that_is_used_lives_on_but_not_for_ever(access, clock):
    token = log_in(access).token
    for _ in range(24):
        clock.now += 7 * HOUR
        assert access.session(token) is not None or clock.now > 7 * 24 * HOUR
    clock.now += HOUR

    assert access.session(token) is None


def test_a_session_that_is_not_used_ends(access, clock):
    token = log_in(access).token
    clock.now += 8 * HOUR + 1

    assert access.session(token) is None


def test_after_the_pause_the_right_password_is_taken(access, clock):
    for _ in range(5):
        assert log_in(access, "wrong") == Login()
    assert log_in(access).wait == pytest.approx(900)
    clock.now += 901

    assert log_in(access).token


def test_many_addresses_that_guess_one_name_are_stopped_together(access):
    for number in range(50):
        assert log_in(access, "wrong", address=f"192.0.2.{number}") == Login()

    assert log_in(access, address="198.51.100.1").wait > 0
    assert log_in(access, "wrong", name="somebody else", address="198.51.100.1") == Login()


def test_of_many_attempts_at_once_no_more_are_looked_at_than_may_fail(access):
    ready, ended = Barrier(12), []

    def attempt():
        ready.wait()
        ended.append(log_in(access, "wrong"))

    threads = [Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(login == Login() for login in ended) <= 5
    assert len(ended) == 12
    assert log_in(access, "wrong", address="198.51.100.1") == Login()


def test_the_audit_log_gives_the_newest_first_and_the_ones_before(database, clock):
    log = AuditLog(database, clock)
    for number in range(3):
        log.record(NAME, "rolled back", f"version {number}")
        clock.now += 1

    newest = log.newest(2)
    assert [record.subject for record in newest] == ["version 2", "version 1"]
    assert log.newest(2, before=newest[-1].id) == [
        AuditRecord(newest[0].at - 2, NAME, "rolled back", "version 0", newest[0].id - 2)
    ]

"""Keys of the API: made once, never readable, revoked for good; and a worker's view of them."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from bot.domain import Scope
from bot.errors import ApiKeyError, StoreError
from bot.store.api_keys import ApiKeyRows
from bot.store.database import Database
from bot.store.known_keys import KeyPace, KnownKeys
from tests.store.conftest import POSTGRESQL

BOTH = {Scope.ASK, Scope.FEEDBACK}
QUICK = KeyPace(reading=0.02, noting=0.02, asking=0.0)
WITHIN = 20


@pytest.fixture
def rows(database, clock):
    return ApiKeyRows(database, clock)


@pytest.fixture
def known(rows, clock):
    """A worker that looks at the table all the time."""
    with closing(KnownKeys(lambda: rows, clock, QUICK)) as known:
        yield known


def one(rows):
    (key,) = rows.by_digest().values()
    return key


def wait_until(is_so):
    deadline = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# In the database


def test_a_key_is_listed_with_all_but_its_secret(rows, clock):
    secret = rows.create("shop", BOTH, clock.now + 60)
    key = one(rows)

    assert (key.name, key.scopes, key.created_at) == ("shop", BOTH, clock.now)
    assert (key.expires_at, key.used_at, key.revoked_at) == (clock.now + 60, None, None)
    assert secret.startswith("botkey_") and len(secret) >= 50


def test_no_secret_reaches_the_disk(rows, on_disk):
    secret = rows.create("shop", BOTH)

    assert b"shop" in on_disk()
    assert secret.encode() not in on_disk() and secret.removeprefix("botkey_").encode() not in on_disk()


def test_no_two_keys_are_alike(rows):
    assert len({rows.create(f"shop-{number}", BOTH) for number in range(20)}) == 20


def test_a_name_is_used_once_also_when_its_key_was_revoked(rows):
    rows.create("shop", BOTH)
    rows.revoke("shop")

    with pytest.raises(ApiKeyError, match=r"there is or was a key shop; .* such as shop-2"):
        rows.create("shop", BOTH)


@pytest.mark.parametrize("name", ["", "my shop", "x" * 65, "商店", "a/b"])
def test_a_name_that_no_command_could_take_is_refused(rows, name):
    with pytest.raises(ApiKeyError, match="is no name for a key"):
        rows.create(name, BOTH)


def test_what_is_not_there_or_was_revoked_cannot_be_revoked(rows):
    rows.create("shop", BOTH)
    rows.revoke("shop")

    for name in ("shop", "other"):
        with pytest.raises(ApiKeyError, match=f"there is no key {name} to revoke; .*keys list"):
            rows.revoke(name)


def test_the_latest_use_stays_whoever_notes_it_last(rows):
    rows.create("shop", BOTH)
    rows.note_used({"shop": 2000.0})
    rows.note_used({"shop": 1000.0, "gone": 1.0})

    assert one(rows).used_at == 2000.0


# In a worker


def test_a_key_is_found_by_its_secret_alone(rows, known):
    secret = rows.create("shop", BOTH)

    assert known.find(secret).name == "shop"
    assert [known.find(other) for other in ("", secret[:-1], secret + "x", "shop", secret.upper())] == [
        None
    ] * 5


def test_a_key_that_was_just_made_is_known_at_once(rows, known):
    known.find(rows.create("first", BOTH))

    assert known.find(rows.create("second", BOTH)).name == "second"


def test_a_key_that_expires_opens_nothing_from_that_moment(rows, known, clock):
    secret = rows.create("shop", BOTH, clock.now + 60)
    clock.now += 59.9
    assert known.find(secret)

    clock.now += 0.1
    assert known.find(secret) is None


def test_a_revoked_key_opens_nothing_soon(rows, known):
    secret = rows.create("shop", BOTH)
    assert known.find(secret)
    rows.revoke("shop")

    wait_until(lambda: known.find(secret) is None)


def test_uses_are_noted_in_a_while(rows, known, clock):
    known.find(rows.create("shop", BOTH))

    wait_until(lambda: one(rows).used_at == clock.now)


def test_uses_are_noted_when_a_worker_stops(rows, clock):
    known = KnownKeys(lambda: rows, clock, KeyPace(reading=60, noting=60))
    known.find(rows.create("shop", BOTH))
    known.close()

    assert one(rows).used_at == clock.now


def test_made_up_keys_make_nobody_look_into_the_table_all_the_time(rows, clock):
    looks = []
    with closing(KnownKeys(lambda: looks.append(1) or rows, clock, KeyPace(60, 60, 60))) as known:
        assert [known.find(f"made-up-{number}") for number in range(100)] == [None] * 100
        assert len(looks) == 1


def test_no_thread_runs_and_nothing_is_opened_before_a_key_is_sent(clock):
    def open_rows():
        raise AssertionError("opened")

    KnownKeys(open_rows, clock).close()


# A database that fails


def test_known_keys_go_on_while_the_database_fails_and_uses_are_noted_after(
    rows, known, clock, run_sql, caplog
):
    secret = rows.create("shop", BOTH)
    assert known.find(secret)
    run_sql("ALTER TABLE api_keys RENAME TO gone")
    wait_until(lambda: "stay as they are known" in caplog.text)
    clock.now += 10

    assert known.find(secret).name == "shop"
    assert known.find("made-up") is None
    run_sql("ALTER TABLE gone RENAME TO api_keys")
    wait_until(lambda: one(rows).used_at == clock.now)


def test_where_no_key_was_ever_read_it_is_said_so_and_not_tried_all_the_time(kind, tmp_path, clock):
    (tmp_path / "broken").mkdir()
    broken = "postgresql://localhost:1/none" if kind == POSTGRESQL else f"sqlite:///{tmp_path}/broken"
    looks = []
    with closing(Database(broken, 0.05)) as database:
        rows = ApiKeyRows(database, clock)
        with closing(KnownKeys(lambda: looks.append(1) or rows, clock, KeyPace(60, 60, 60))) as known:
            for _ in range(5):
                with pytest.raises(StoreError, match="the database failed"):
                    known.find("botkey_anything")
    assert len(looks) == 1

"""Opening the database: addresses that work, and words for those that do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from sqlalchemy import select, text

from bot.errors import SettingsError, StoreError
from bot.store.database import Database
from bot.store.tables import questions
from tests.store.conftest import SQLITE

ON_SQLITE = pytest.mark.parametrize("kind", [SQLITE])
COUNT = text("SELECT count(*) FROM questions")
ADD = text("INSERT INTO leases VALUES ('token:wx1', 'worker', 1.0)")


@pytest.mark.parametrize("url", ["", "bot.db", "sqlite:/bot.db", "oracle7://host/name", "nosuch+driver://x"])
def test_an_address_that_is_none_is_refused_with_the_setting_and_the_expected_form(url):
    with pytest.raises(SettingsError, match=r"BOT_DATABASE_URL=.*sqlite:///.*postgresql\+psycopg://"):
        Database(url)


@pytest.mark.parametrize("url", ["postgresql+nosuch://bot:s3cr3t@db/bot", "sqlite;//bot:s3cr3t@db/bot"])
def test_the_password_in_a_refused_address_is_not_shown(url):
    with pytest.raises(SettingsError) as caught:
        Database(url)

    assert "s3cr3t" not in str(caught.value)
    assert "@db/bot" in str(caught.value)


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(SettingsError, match=r"BOT_DATABASE_URL=.*file/bot\.db"):
        Database(f"sqlite:///{tmp_path}/file/bot.db")


def test_the_folder_of_the_database_is_made(tmp_path):
    with (
        closing(Database(f"sqlite:///{tmp_path}/new/deep/bot.db")) as database,
        database.transaction() as connection,
    ):
        assert connection.execute(COUNT).scalar() == 0

    assert (tmp_path / "new/deep/bot.db").is_file()


def test_what_cannot_be_written_is_a_store_error(tmp_path):
    with (
        closing(Database(f"sqlite:///{tmp_path}")) as database,
        pytest.raises(StoreError, match="unable to open"),
        database.transaction(),
    ):
        pass


@ON_SQLITE
def test_a_file_that_is_no_database_is_a_store_error(database, path):
    path.write_bytes(b"something else entirely" * 100)

    with pytest.raises(StoreError, match="not a database"), database.transaction():
        pass


@ON_SQLITE
def test_a_statement_by_itself_holds_up_no_other_writer_once_it_is_done(database, path):
    with database.statement() as connection:
        connection.execute(ADD)
        with closing(Database(f"sqlite:///{path}", patience=0.0)) as other, other.transaction() as second:
            assert second.execute(text("SELECT count(*) FROM leases")).scalar() == 1


def test_a_transaction_that_breaks_leaves_nothing_behind(database, run_sql):
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute(ADD)
        1 / 0  # noqa: B018 - it is the failure

    assert run_sql("SELECT count(*) FROM leases") == [(0,)]


def test_readers_go_on_while_another_program_writes(database, url):
    with database.transaction() as connection, closing(Database(url)) as other:
        connection.execute(ADD)
        with other.reading() as reader:
            assert reader.execute(text("SELECT count(*) FROM leases")).scalar() == 0


def test_sixteen_workers_may_open_a_new_database_at_once(new_url):
    together = Barrier(16)

    def open_and_count(_worker):
        with closing(Database(new_url)) as database:
            together.wait()
            with database.transaction() as connection:
                return len(connection.execute(select(questions)).all())

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(open_and_count, range(16))) == [0] * 16


@ON_SQLITE
def test_a_file_that_was_deleted_while_in_use_is_made_anew(database, path):
    with database.transaction() as connection:
        connection.execute(ADD)
    path.unlink()
    with pytest.raises(StoreError), database.transaction() as connection:
        connection.execute(ADD)

    with database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar() == 0
    assert path.is_file()


def test_a_plain_address_of_postgresql_will_do(postgres):
    plain = postgres.ready_made().replace("postgresql+psycopg:", "postgresql:")

    with closing(Database(plain)) as database, database.transaction() as connection:
        assert connection.execute(COUNT).scalar() == 0


def test_an_error_does_not_repeat_what_the_user_wrote(database):
    broken = text("INSERT INTO nowhere VALUES (:words)")

    with pytest.raises(StoreError) as caught, database.transaction() as connection:
        connection.execute(broken, {"words": "我的身份证号"})

    assert "nowhere" in str(caught.value)
    assert "身份证" not in str(caught.value)

"""How the tables come to be: from nothing, from before there were migrations, and by several at once."""

from __future__ import annotations

from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Index, MetaData, create_engine, text

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.schema import HEAD, MIGRATIONS
from bot.store.tables import metadata
from tests.postgres import run_sql

FIRST = ("pushes", "outbox", "conversations", "questions", "tokens", "leases")
LATER_COLUMNS = ("latency_ms", "request_id")
LATER_INDEXES = (
    "ix_questions_request_id",
    "questions_by_entry",
    "questions_by_user",
    "outbox_by_state",
    "outbox_by_user",
)
OLD_ROW = (
    'INSERT INTO questions (asked_at, channel, "user", language, question, outcome, entry, confidence, '
    "index_version) VALUES (1.5, 'ask', '', 'en', 'how long?', 'answer', 'filing', 0.5, 'v1')"
)


@pytest.fixture
def made_before_migrations(new_url):
    """A database as it was made when there were none, with a question in it."""
    old = MetaData()
    for name in FIRST:
        metadata.tables[name].to_metadata(old)
    for table in old.tables.values():
        table.indexes = {index for index in table.indexes if index.name not in LATER_INDEXES}
    Index("outbox_due", old.tables["outbox"].c.state, old.tables["outbox"].c.not_before)
    questions = old.tables["questions"]
    for name in LATER_COLUMNS:
        questions._columns.remove(questions.c[name])
    engine = create_engine(new_url.replace("postgresql:", "postgresql+psycopg:"))
    old.create_all(engine)
    engine.dispose()
    run_sql(new_url, OLD_ROW)
    return new_url


def differences(database):
    """What autogeneration would still have to do."""
    with database.reading() as connection:
        options = {"compare_type": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def test_the_steps_make_the_tables_that_the_program_means(new_url):
    with closing(Database(new_url)) as database:
        assert database.migrate() == ""
        assert differences(database) == []


def test_the_last_step_is_the_one_that_a_worker_looks_for():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_that_is_up_to_date_is_left_alone(url):
    with closing(Database(url)) as database:
        assert database.migrate() == HEAD


def test_a_database_from_before_migrations_is_adopted_with_what_is_in_it(made_before_migrations):
    with closing(Database(made_before_migrations)) as database:
        assert differences(database) == []

    found = run_sql(made_before_migrations, "SELECT question, latency_ms, request_id FROM questions")
    assert found == [("how long?", None, None)]


def test_the_first_transaction_finds_the_tables(new_url):
    with closing(Database(new_url)) as database, database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM feedback")).scalar() == 0


def test_a_database_of_a_newer_program_is_refused_with_what_to_do(new_url):
    with closing(Database(new_url)) as database:
        database.migrate()
        run_sql(new_url, "UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(StoreError, match=r"9999.*update the program"), database.transaction():
            pass


def test_a_migration_that_breaks_halfway_changes_nothing(made_before_migrations):
    run_sql(made_before_migrations, "CREATE TABLE feedback (something_else INTEGER)")
    with closing(Database(made_before_migrations)) as database:
        with pytest.raises(StoreError, match="feedback"):
            database.migrate()
        run_sql(made_before_migrations, "DROP TABLE feedback")
        database.migrate()

        assert differences(database) == []


def test_tables_that_vanish_while_it_runs_are_made_again(new_url):
    with closing(Database(new_url)) as database:
        with database.transaction():
            pass
        for table in (*metadata.tables, "alembic_version"):
            run_sql(new_url, f"DROP TABLE {table}")
        with pytest.raises(StoreError), database.transaction() as connection:
            connection.execute(text("SELECT count(*) FROM feedback"))

        with database.transaction() as connection:
            assert connection.execute(text("SELECT count(*) FROM feedback")).scalar() == 0

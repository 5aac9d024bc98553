"""``flask --app wsgi store …``: what an operator sees of the database."""

from __future__ import annotations

import json
import time

import pytest

from bot.settings import Settings
from bot.store.schema import HEAD
from bot.stores import Stores
from tests.store.values import logged


@pytest.fixture
def stores(tmp_path):
    """The database that the commands work on."""
    return Stores(Settings(data_dir=tmp_path / "data"))


def test_migrating_says_what_it_did_and_twice_does_nothing(fresh_cli):
    first, second = fresh_cli("store", "migrate"), fresh_cli("store", "migrate")

    assert first.stdout == f"the database went from none to {HEAD}\n"
    assert second.stdout == f"the database is up to date ({HEAD})\n"


def test_a_users_data_is_printed_as_json_and_erased(fresh_cli, stores):
    stores.question_rows.add([logged("备案要多久", user="oUser", channel="official:default")])
    (part,) = json.loads(fresh_cli("store", "export", "oUser").stdout)
    erased = fresh_cli("store", "erase", "oUser", "--channel", "official:default")

    assert part["questions"][0]["question"] == "备案要多久"
    assert erased.stdout == "deleted: 0 of feedback, 0 of conversations, 0 of outbox, 1 of questions\n"
    assert json.loads(fresh_cli("store", "export", "oUser").stdout) == []


def test_of_a_stranger_it_says_that_nothing_is_kept(fresh_cli):
    result = fresh_cli("store", "export", "oNobody")

    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert "nothing is kept of this user" in result.stderr


def test_purging_deletes_what_is_older_than_the_setting(fresh_cli, stores):
    now = time.time()
    stores.question_rows.add([logged(asked_at=now - 8 * 86400), logged(asked_at=now - 6 * 86400)])

    assert fresh_cli("store", "purge").stdout.startswith("deleted: 0 of questions")
    assert fresh_cli("store", "purge", retention_days=7).stdout.startswith("deleted: 1 of questions")


@pytest.mark.parametrize("command", [["migrate"], ["purge"], ["export", "u"], ["erase", "u"]])
def test_a_database_that_cannot_be_opened_is_one_plain_message(fresh_cli, tmp_path, command):
    (tmp_path / "bot.db").mkdir()
    result = fresh_cli("store", *command, database_url=f"sqlite:///{tmp_path / 'bot.db'}")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database failed") and "unable to open" in result.stderr

"""``flask --app wsgi keys …``: what an operator sees of the API's keys."""

from __future__ import annotations

import re

import pytest


def listed(fresh_cli):
    return fresh_cli("keys", "list").stdout.splitlines()


def test_a_key_is_shown_once_and_alone_on_the_output(fresh_cli):
    made = fresh_cli("keys", "create", "shop", "--scope", "ask")

    assert re.fullmatch(r"botkey_[A-Za-z0-9_-]{43}\n", made.stdout)
    assert "Authorization: Bearer KEY" in made.stderr
    assert made.stdout.strip() not in fresh_cli("keys", "list").output


def test_without_a_scope_a_key_is_for_asking_and_judging(fresh_cli):
    fresh_cli("keys", "create", "shop")
    (line,) = listed(fresh_cli)

    assert line.startswith("shop ") and " ask,feedback " in line
    assert line.endswith("never used  valid")


def test_a_key_may_expire_and_be_revoked(fresh_cli):
    fresh_cli("keys", "create", "trial", "--days", "30")
    fresh_cli("keys", "create", "gone")
    revoked = fresh_cli("keys", "revoke", "gone")

    assert revoked.stdout == "revoked: gone\n"
    assert "valid until" in listed(fresh_cli)[0] and re.search(r"revoked \d{4}-", listed(fresh_cli)[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "my shop"), "is no name for a key"),
        (
            ("create", "shop", "--scope", "everything"),
            "'everything' is not one of 'ask', 'feedback', 'rebuild'",
        ),
        (("create", "shop", "--days", "0"), "0.0 is not in the range x>0"),
        (("revoke", "nobody"), "there is no key nobody to revoke"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(fresh_cli, arguments, words):
    result = fresh_cli("keys", *arguments)

    assert result.exit_code != 0
    assert words in result.stderr and "Traceback" not in result.output

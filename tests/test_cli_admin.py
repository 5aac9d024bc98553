"""``flask --app wsgi admin``: who may use the desk."""

from __future__ import annotations

PASSWORD = "correct horse battery"


def test_a_password_opens_the_desk_and_removing_the_operator_closes_it(fresh_cli):
    assert fresh_cli("admin", "list").output == "none; the desk is closed\n"
    assert fresh_cli("admin", "password", "--password", PASSWORD).output == "admin can log in at /admin\n"
    assert fresh_cli("admin", "list").output == "admin\n"
    assert fresh_cli("admin", "remove").output == "admin was removed; operators: none; the desk is closed\n"


def test_several_operators_each_have_a_password(fresh_cli):
    for name in ("mei", "li"):
        fresh_cli("admin", "password", "--name", name, "--password", PASSWORD)

    assert fresh_cli("admin", "list").output == "li, mei\n"


def test_a_short_password_is_refused(fresh_cli):
    refused = fresh_cli("admin", "password", "--password", "secret")

    assert refused.exit_code == 1
    assert refused.output == "Error: a password needs 10 characters or more; several words do well\n"


def test_a_name_that_cannot_be_typed_is_refused(fresh_cli):
    refused = fresh_cli("admin", "password", "--name", "a\nb", "--password", PASSWORD)

    assert "'a\\nb' is no name of 1 to 64 printable characters" in refused.output


def test_removing_nobody_names_who_there_is(fresh_cli):
    fresh_cli("admin", "password", "--name", "mei", "--password", PASSWORD)

    assert fresh_cli("admin", "remove").output == "Error: there is no operator admin; there are: mei\n"

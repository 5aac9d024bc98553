"""The operators of the desk: ``flask --app wsgi admin …``."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from bot.admin.desk.login import USUAL_NAME
from bot.cli_output import plain_errors
from bot.stores import Stores

_name = click.option("--name", default=USUAL_NAME, show_default=True, help="The operator's name.")


def admin_commands(stores: Stores) -> AppGroup:
    """``flask --app wsgi admin …``."""
    group = AppGroup("admin", help="Who may use the desk at /admin.")

    @group.command("password")
    @_name
    @click.password_option(help="Asked for if it is not given, which keeps it out of the shell's history.")
    @plain_errors
    def password(name: str, password: str) -> None:
        """Set an operator's password, and so open the desk; log out who uses the name."""
        stores.desk_access.set_password(name, password)
        click.echo(f"{name} can log in at /admin")

    @group.command("remove")
    @_name
    @plain_errors
    def remove(name: str) -> None:
        """Let an operator in no more, from now on."""
        if not stores.desk_access.remove(name):
            raise click.ClickException(f"there is no operator {name}; there are: {_listed(stores)}")
        click.echo(f"{name} was removed; operators: {_listed(stores)}")

    @group.command("list")
    @plain_errors
    def operators() -> None:
        """List the operators."""
        click.echo(_listed(stores))

    return group


def _listed(stores: Stores) -> str:
    return ", ".join(stores.desk_access.names()) or "none; the desk is closed"

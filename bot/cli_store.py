"""The operator's store commands: migrations, what is too old, and one user's data."""

from __future__ import annotations

import json
import time

import click
from flask.cli import AppGroup

from bot.cli_output import plain_errors
from bot.store.schema import HEAD
from bot.stores import Stores

# Between two steps of a purge, so that a bot that runs can write.
_PAUSE = 0.01
_channel = click.option(
    "--channel", default="", help="Only there, such as ask or official:default. Default: every channel."
)


def store_commands(stores: Stores) -> AppGroup:
    """``flask --app wsgi store …``."""
    group = AppGroup(
        "store", help="The database: bring it up to date, delete what is old, hand out or erase."
    )

    @group.command("migrate")
    @plain_errors
    def migrate() -> None:
        """Bring the tables up to date. The bot does this by itself when it starts."""
        before = stores.database.migrate()
        if before == HEAD:
            click.echo(f"the database is up to date ({HEAD})")
        else:
            click.echo(f"the database went from {before or 'none'} to {HEAD}")

    @group.command("purge")
    @plain_errors
    def purge() -> None:
        """Delete what is older than BOT_RETENTION_DAYS. The bot does this by itself every night."""
        click.echo(f"deleted: {_listed(stores.retention.purge(lambda: time.sleep(_PAUSE)))}")

    @group.command("export")
    @click.argument("user")
    @_channel
    @plain_errors
    def export(user: str, channel: str) -> None:
        """Print all that is kept of USER, an openid or a session id, as JSON."""
        parts = stores.user_data().export(user, channel)
        click.echo(json.dumps(parts, ensure_ascii=False, indent=2))
        if not parts:
            click.echo("nothing is kept of this user", err=True)

    @group.command("erase")
    @click.argument("user")
    @_channel
    @plain_errors
    def erase(user: str, channel: str) -> None:
        """Delete all that is kept of USER, an openid or a session id."""
        click.echo(f"deleted: {_listed(stores.user_data().erase(user, channel))}")

    return group


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} of {table}" for table, count in counts.items()) or "nothing"

"""The operator's key commands: make a key for a program that asks, list them, revoke one."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup

from bot.cli_output import plain_errors
from bot.domain import ApiKey, Scope
from bot.stores import Stores

_DAY = 86_400.0


def key_commands(stores: Stores) -> AppGroup:
    """``flask --app wsgi keys …``."""
    group = AppGroup("keys", help="Keys for programs that use the API.")

    @group.command("create")
    @click.argument("name")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        type=click.Choice([scope.value for scope in Scope]),
        default=(Scope.ASK.value, Scope.FEEDBACK.value),
        show_default=True,
        help="What it is good for; may be given several times.",
    )
    @click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Days until it expires.")
    @plain_errors
    def create(name: str, scopes: tuple[str, ...], days: float | None) -> None:
        """Make the key NAME and print it. It is not kept and cannot be shown again."""
        expires_at = time.time() + days * _DAY if days else None
        secret = stores.api_keys.create(name, {Scope(scope) for scope in scopes}, expires_at)
        click.echo(secret)
        click.echo("keep it now; send it as the header Authorization: Bearer KEY", err=True)

    @group.command("list")
    @plain_errors
    def list_keys() -> None:
        """List all keys, oldest first."""
        for key in stores.api_keys.by_digest().values():
            click.echo(_line(key, time.time()))

    @group.command("revoke")
    @click.argument("name")
    @plain_errors
    def revoke(name: str) -> None:
        """Let the key NAME open nothing more. Workers that run know it within seconds."""
        stores.api_keys.revoke(name)
        click.echo(f"revoked: {name}")

    return group


def _line(key: ApiKey, now: float) -> str:
    scopes = ",".join(sorted(key.scopes))
    used = f"used {_day(key.used_at)}" if key.used_at else "never used"
    return f"{key.name:24}  {scopes:20}  made {_day(key.created_at)}  {used}  {_end(key, now)}"


def _end(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    if key.expires_at is None:
        return "valid"
    return f"{'valid until' if key.is_valid(now) else 'expired'} {_day(key.expires_at)}"


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))

"""The operator's index commands; here: build a version and publish it if it passes."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from bot import build_report
from bot.build_result import BuildResult, Order, Override
from bot.cli_output import plain_errors, progress_bar, stoppable, user_name
from bot.cli_versions import add_version_commands
from bot.errors import IndexBusyError
from bot.operations import Operations
from bot.ports import Progress

# sysexits.h, EX_TEMPFAIL: try again later.
_BUSY = 75
_FIRST = "the first version on this machine: there is none to lose"


def index_commands(operations: Operations) -> AppGroup:
    """``flask --app wsgi index …``."""
    group = AppGroup("index", help="Build the index that answers are found in; list, compare and roll back.")
    _add_build(group, operations)
    add_version_commands(group, operations)
    return group


def _add_build(group: AppGroup, operations: Operations) -> None:
    @group.command("build")
    @click.option("--again", is_flag=True, help="Build even if nothing has changed.")
    @click.option("--force", is_flag=True, help="Publish even if lint or checks fail; needs --reason.")
    @click.option("--reason", default="", help="Why it is to be published all the same; kept in the history.")
    @click.option("--by", "by", default="", help="Who builds; default: the user of this machine.")
    @click.option(
        "--force-first", is_flag=True, help="Publish although checks fail if no version is live at all."
    )
    @click.option("--wait", is_flag=True, help="Wait while another process builds.")
    @plain_errors
    def build(again: bool, force: bool, reason: str, by: str, force_first: bool, wait: bool) -> None:
        """Build an index version from the knowledge folder, check it and make it live.

        It must pass lint and every check of checks.jsonl; otherwise it is kept aside as rejected, with a
        report, and what is live stays so. Exit status: 1 if it is rejected or cannot be built, 75 while
        another process builds.
        """
        by = by or user_name()
        order = Order(by, again, _override(force, reason.strip(), by, force_first))
        before = operations.store.current_name()
        with stoppable(lambda: _stopped(operations, before)), progress_bar() as progress:
            result = _built(operations, order, wait, progress)
        for line in build_report.lines(result):
            click.echo(line)
        sys.exit(0 if result.is_live else 1)


def _override(force: bool, reason: str, by: str, force_first: bool) -> Override | None:
    if force and not reason:
        raise click.UsageError('--force needs --reason "…": say why it is to be published all the same')
    if reason and not force:
        raise click.UsageError("--reason is for --force")
    if force:
        return Override(by, reason)
    return Override(by, _FIRST, only_first=True) if force_first else None


def _built(operations: Operations, order: Order, wait: bool, progress: Progress) -> BuildResult:
    try:
        return operations.build(progress, order, wait=wait)
    except IndexBusyError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_BUSY)


def _stopped(operations: Operations, before: str) -> str:
    live = operations.store.current_name()
    if live != before:
        return f"stopped, but index {live} is live already"
    return f"stopped: nothing was published; {f'index {live} stays live' if live else 'no index is live'}"

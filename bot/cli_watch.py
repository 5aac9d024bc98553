"""``flask --app wsgi index watch``: rebuild whenever the knowledge folder changes."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from bot.checks import checks_digest
from bot.cli_output import finished, plain_errors, progress_bar
from bot.domain import JobResult
from bot.errors import BotError
from bot.job_running import attempt
from bot.logs import configure_logs
from bot.operations import Operations
from bot.processes import interrupt_on_sigterm, is_orphan_of, step_back_wholly
from bot.progress_lines import ProgressLines
from bot.rebuilding import rebuilding

if TYPE_CHECKING:
    from bot.watching import Knowledge

_BY = "index watch"
_log = logging.getLogger(__name__)


def watch_command(operations: Operations) -> click.Command:
    """The command, for the group ``index``."""

    @click.command("watch")
    @click.option("--beside", type=int, help="Stop also when this process, which started this, has ended.")
    @plain_errors
    def watch(beside: int | None) -> None:
        """Rebuild the index whenever the knowledge folder changes, until stopped.

        Files of many changes are built at once, a moment after the last one. A version that fails the gate,
        or a file that cannot be read, is reported with file and line; what is live stays so. After
        `index rollback` nothing is built until the knowledge changes again. BOT_WATCH=true starts this
        beside the server.
        """
        interrupt_on_sigterm()
        step_back_wholly()
        if beside is not None:
            configure_logs(operations.settings.log_format)
        tell = _tell if beside is None else _log.info
        try:
            _watch(operations, beside, tell)
        except KeyboardInterrupt:
            tell("stopped")

    return watch


def _watch(operations: Operations, parent: int | None, tell: Callable[[str], None]) -> None:
    from bot.watching import Watcher, folder_changes

    # The first change goes live as soon as the next ones: what takes seconds to load is here by then.
    importlib.import_module("bot.retrieval.building")
    with suppress(BotError):  # a model that is missing or damaged is told of when something is built
        operations.caching_embedder()
    settings, stopping = operations.settings, threading.Event()
    folder = settings.knowledge_dir
    watcher = Watcher(_knowledge(operations), lambda: _build(operations, tell), tell, time.monotonic)
    tell(f"watching {folder}")

    def stop(seconds: float) -> bool:
        return stopping.wait(seconds) or (parent is not None and is_orphan_of(parent))

    watcher.run(lambda: folder_changes(folder, stopping, settings.watch_polling, tell), stop)


def _knowledge(operations: Operations) -> Knowledge:
    from bot.watching import Knowledge

    folder = operations.settings.knowledge_dir
    digest = lambda: f"{operations.knowledge_digest()} {checks_digest(folder)}"  # noqa: E731
    return Knowledge(folder, operations.is_built, digest)


def _build(operations: Operations, tell: Callable[[str], None]) -> JobResult:
    with progress_bar() if tell is _tell else finished(ProgressLines(tell)) as progress:
        return attempt(rebuilding(operations, _BY), progress, tell)


def _tell(line: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {line}")

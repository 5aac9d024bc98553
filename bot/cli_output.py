"""What the operator's commands share: plain error messages and a bar that shows how far they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from bot.errors import BotError
from bot.ports import Progress


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Show a foreseen failure as one message, without a traceback."""

    @wraps(command)
    def guarded(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except (BotError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return guarded


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """One bar a stage on a terminal; one line a stage in a log."""
    bar: Any = None
    stage = ("", 0)

    def report(what: str, done: int, total: int) -> None:
        nonlocal bar, stage
        if (what, total) != stage:
            finish()
            stage = (what, total)
            bar = click.progressbar(length=total, label=what, file=sys.stderr, show_pos=True)
            bar.__enter__()
        bar.update(done - bar.pos)

    def finish() -> None:
        if bar is not None:
            bar.__exit__(None, None, None)

    try:
        yield report
    finally:
        finish()

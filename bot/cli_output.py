"""What every command shows alike: foreseen failures, and how far long work has come."""

from __future__ import annotations

import os
import pwd
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from bot.errors import BotError
from bot.logs import visible
from bot.ports import Progress
from bot.processes import interrupt_on_sigterm
from bot.progress_lines import ProgressLines

# What shells say of a command that Ctrl-C ended.
_STOPPED = 130


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Show a foreseen failure as one message, without a traceback."""

    @wraps(command)
    def guarded(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except (BotError, OSError) as error:
            raise click.ClickException(_harmless(str(error))) from error

    return guarded


def say(text: str) -> None:
    """Print what somebody else may have written: a terminal obeys none of it."""
    click.echo(_harmless(text))


def _harmless(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


@contextmanager
def stoppable(last_words: Callable[[], str]) -> Iterator[None]:
    """End work in order at Ctrl-C or SIGTERM: what it was doing is undone, and the last words are said."""
    before = signal.getsignal(signal.SIGTERM)
    if _in_main_thread():
        interrupt_on_sigterm()
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"\n{last_words()}", err=True)
        sys.exit(_STOPPED)
    finally:
        if _in_main_thread():
            signal.signal(signal.SIGTERM, before)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """On a terminal one bar a stage, with counts and the time left; in a log plain lines."""
    shown = _Bars() if sys.stderr.isatty() else ProgressLines(lambda line: click.echo(line, err=True))
    with finished(shown) as progress:
        yield progress


@contextmanager
def finished(shown: _Bars | ProgressLines) -> Iterator[Progress]:
    """Have the last stage end with the work."""
    try:
        yield shown
    finally:
        shown.finish()


class _Bars:
    """One bar a stage."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ("", 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        if (what, total) != self._stage:
            self.finish()
            self._stage = (what, total)
            self._bar = click.progressbar(length=total, label=what, file=sys.stderr, show_pos=True)
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def finish(self) -> None:
        """Leave the last bar as it is."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def user_name() -> str:
    """Who runs this, by the machine's word, not the environment's."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"

"""Starts a job in a process of its own: web workers stay light, and their deaths do not stop it."""

from __future__ import annotations

import logging
import subprocess
import threading

from bot.errors import BotError
from bot.ports import Jobs
from bot.processes import bot_command
from bot.sentences import Sentence

_log = logging.getLogger(__name__)
_DIED = (
    "its process ended with status %(status)s and said nothing more: see the log of the service; "
    "the live index was not touched; start another rebuild"
)


def launch(job_id: str, jobs: Jobs, by: str = "") -> None:
    """Start ``flask jobs run``, in the name of ``by`` if given.

    A job whose process ends without a word, or cannot start, fails.
    """
    try:
        # A group of its own: what stops the service's processes does not reach it. No session of its own:
        # Linux divides the processor evenly among sessions, however far the processes of one step back.
        # Of the open files it gets only the log: a listening socket would keep the address taken.
        process = subprocess.Popen(  # noqa: S603 - our own command  # nosec B603
            bot_command("jobs", "run", job_id, *([f"--by={by}"] if by else []), module="bot.resting"),
            stdin=subprocess.DEVNULL,
            process_group=0,
            close_fds=True,
        )
    except OSError as error:
        reason = Sentence("its process could not be started (%(error)s); start another rebuild", error=error)
        jobs.give_up(job_id, reason)
        return
    threading.Thread(target=_follow, args=(process, job_id, jobs), daemon=True).start()


def _follow(process: subprocess.Popen[bytes], job_id: str, jobs: Jobs) -> None:
    """Wait for the process, which would stay as a zombie, and notice at once when it died."""
    status = process.wait()
    try:
        jobs.give_up(job_id, Sentence(_DIED, status=status))
    except BotError as error:
        _log.error("job %s: %s", job_id, error)

"""The operator's job commands: run one that was asked for over HTTP, list them."""

from __future__ import annotations

import logging
import sys
import time

import click
from flask.cli import AppGroup

from bot.cli_output import plain_errors
from bot.domain import Job, JobState
from bot.errors import StoreError
from bot.job_running import run_job
from bot.logs import configure_logs
from bot.operations import Operations
from bot.processes import interrupt_on_sigterm, step_back_wholly
from bot.rebuilding import rebuilding
from bot.stores import Stores

_BY = "the operator's API"
_SHOWN = 20
_log = logging.getLogger(__name__)


def job_commands(operations: Operations, stores: Stores) -> AppGroup:
    """``flask --app wsgi jobs …``."""
    group = AppGroup("jobs", help="Rebuilds of the index that were asked for over HTTP.")

    @group.command("run")
    @click.argument("job_id", metavar="ID")
    @click.option("--by", default=_BY, help="In whose name; kept in the history.")
    @plain_errors
    def run(job_id: str, by: str) -> None:
        """Do the queued job ID in this process (the server starts this by itself)."""
        configure_logs(operations.settings.log_format)
        interrupt_on_sigterm()
        result = run_job(job_id, stores.jobs, rebuilding(operations, by), _time_of_day, step_back_wholly)
        if result is None:
            raise StoreError(
                "job %(job_id)s is not queued; flask --app wsgi jobs list shows what there is", job_id=job_id
            )
        _log.info("job %s %s: %s", job_id, result.state, result.report)
        sys.exit(0 if result.state is JobState.SUCCEEDED else 1)

    @group.command("list")
    @plain_errors
    def list_jobs() -> None:
        """List the newest jobs, newest first."""
        for job in stores.jobs.recent(_SHOWN):
            click.echo(_line(job))

    return group


def _line(job: Job) -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created_at))
    told = job.result.report if job.result else job.progress.what
    return f"{job.id}  {started}  {job.state:9}  {told.partition(chr(10))[0]}"


def _time_of_day() -> str:
    return time.strftime("%H:%M:%S")

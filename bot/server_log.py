"""What gunicorn logs: itself."""

from __future__ import annotations

from gunicorn.glogging import Logger


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """``logger_class`` in ``gunicorn.conf.py``: the bot tells of requests by itself.

    Where a log is configured, gunicorn would put together a line for each request, for nobody to read.
    """

    access_log_enabled = False

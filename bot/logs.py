"""How this process writes its log: one line a record on stderr, as text or as JSON, nothing forged.

What is logged for a request, by us or by a library, names the request.
"""

from __future__ import annotations

import logging
import logging.config
import re
import threading
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal

LogFormat = Literal["text", "json"]

# The id of the request that is served here and now, empty when none is.
current_request: ContextVar[str] = ContextVar("current_request", default="")
# What might begin another line, or move about on a terminal; and halves of characters, which none can show.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTINUED = "\n    "


def log_config(form: LogFormat) -> dict[str, Any]:
    """For ``logging.config.dictConfig``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": RequestName}},
        "formatters": {
            "text": {"()": TextFormatter},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": ["levelname", "name", "message", "process"],
                "timestamp": "time",
                "rename_fields": {"levelname": "level", "name": "logger", "exc_info": "exception"},
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["request"]},
        },
        # Libraries have much to say that helps nobody; of addresses some tell those that hold tokens.
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "bot": {"level": "INFO"},
            # It comes with handlers of its own.
            "gunicorn.error": {"handlers": [], "propagate": True},
        },
    }


def configure_logs(form: LogFormat) -> None:
    """Write the log of a process of our own like this, warnings and failed threads too."""
    logging.config.dictConfig(log_config(form))
    catch_the_rest()


def catch_the_rest() -> None:
    """Log what Python would print by itself: warnings, and exceptions that end a thread."""
    logging.captureWarnings(True)
    threading.excepthook = _log_failed_thread


def _log_failed_thread(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else "a thread"
    exception = failed.exc_value or failed.exc_type()
    logging.getLogger(__name__).error("%s failed", name, exc_info=exception)


class RequestName(logging.Filter):
    """Gives a record its request's id."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        if identifier := current_request.get():
            record.request_id = identifier
        return True


class TextFormatter(logging.Formatter):
    """``[time] [process] [LEVEL] message [request]``; only lines of tracebacks go on, indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(process)d] [%(levelname)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """To the second, with the zone."""
        return _local_time(int(record.created))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        identifier, took = getattr(record, "request_id", ""), getattr(record, "milliseconds", None)
        line = super().formatMessage(record)
        line += f" {took} ms" if took is not None else ""
        return visible(line) + (f" [{identifier}]" if identifier else "")

    def formatException(self, ei: Any) -> str:  # noqa: ANN401 - logging's own
        """The traceback, in lines that no record begins like."""
        lines = super().formatException(ei).splitlines()
        return "    " + _CONTINUED.join(map(visible, lines))


@lru_cache(1)
def _local_time(second: int) -> str:
    return time.strftime("[%Y-%m-%d %H:%M:%S %z]", time.localtime(second))


def visible(line: str) -> str:
    """The line with escapes in place of what a terminal would obey."""
    return _CONTROL.sub(_escaped, line)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()

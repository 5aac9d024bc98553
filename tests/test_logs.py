"""The log's two forms: one line a record, with its request, and nothing that anybody could forge."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.problems import register_problems
from bot.channels.requests import follow_requests
from bot.logs import current_request

PROJECT = Path(__file__).parent.parent
FORGED = (
    'x\r\n[2026-11-23 00:00:00 +0000] [1] [INFO] forged\x1b[2J\u2028{"level": "INFO", "message": "forged"}'
)
# Runs the given code in a process whose log is set up, and gives the log's lines.
LOGGING = """
import logging, sys, threading, warnings
from bot.logs import configure_logs, current_request
configure_logs(sys.argv[1])
log, forged = logging.getLogger("bot.tests"), sys.argv[2]
"""
FAIL = """
try:
    raise ValueError(forged)
except ValueError:
    log.exception("it failed")
"""


def logged(form, code):
    done = subprocess.run(
        [sys.executable, "-c", LOGGING + code, form, FORGED],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr.removesuffix("\n").split("\n")


def test_a_text_line_has_time_process_level_message_and_request():
    (line,) = logged("text", "current_request.set('r-1'); log.info('hello %s', 'you')")

    assert line.endswith("[INFO] hello you [r-1]")
    assert line.startswith("[20")


def test_a_json_line_has_the_same_in_fields():
    (line,) = logged(
        "json", "current_request.set('r-1'); log.info('hello %s', 'you', extra={'route': '/ask'})"
    )
    fields = json.loads(line)

    assert fields.pop("time").endswith("+00:00") and fields.pop("process") > 0
    assert fields == {
        "level": "INFO",
        "logger": "bot.tests",
        "message": "hello you",
        "request_id": "r-1",
        "route": "/ask",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_line_ends_in_values_begin_no_line(form):
    (line,) = logged(form, "log.warning('wrong: %s', forged)")

    assert "forged" in line
    assert len(line.splitlines()) == 1 and "\x1b" not in line


def test_a_traceback_goes_on_in_indented_lines_of_text():
    first, *rest = logged("text", FAIL)

    assert first.endswith("it failed")
    assert rest[0] == "    Traceback (most recent call last):" and "    ValueError: x" in rest
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


def test_a_traceback_is_a_field_of_json():
    (line,) = logged("json", FAIL)
    fields = json.loads(line)

    assert fields["message"] == "it failed"
    assert fields["exception"].startswith("Traceback (most recent call last):\n")
    assert fields["exception"].endswith(f"ValueError: {FORGED}")


def test_libraries_warnings_and_failed_threads_are_written_alike():
    code = """
logging.getLogger("httpx").info("https://api.example/?access_token=secret")
logging.getLogger("sqlalchemy").error("broken")
warnings.warn("old", DeprecationWarning, stacklevel=1)
thread = threading.Thread(target=lambda: 1 / 0, name="chores")
thread.start()
thread.join()
"""
    broken, old, failed = map(json.loads, logged("json", "warnings.simplefilter('always')" + code))

    assert (broken["logger"], broken["message"]) == ("sqlalchemy", "broken")
    assert (old["logger"], old["level"]) == ("py.warnings", "WARNING")
    assert failed["message"] == "chores failed" and "ZeroDivisionError" in failed["exception"]


@pytest.fixture
def app():
    """An app with a page that logs, one that fails and nothing else."""
    from flask import Flask

    app = Flask("bot", static_folder=None)
    follow_requests(app, lambda served: None)
    register_problems(app)

    @app.get("/page/<name>")
    def page(name):
        logging.getLogger("bot.tests").info("inside")
        return current_request.get()

    @app.get("/failing")
    def failing():
        raise RuntimeError("broken")

    return app


def test_every_request_has_an_id_while_it_lasts(app):
    client = app.test_client()
    own = client.get("/page/a", headers={"X-Request-ID": "own-1"})
    other = client.get("/page/a")

    assert (own.text, own.headers["X-Request-ID"]) == ("own-1", "own-1")
    assert other.text == other.headers["X-Request-ID"] != "own-1"
    assert current_request.get() == ""


def test_a_request_that_fails_is_told_once_and_gives_its_id_back(app, caplog):
    with caplog.at_level(logging.INFO):
        assert app.test_client().get("/failing").status_code == 500

    assert caplog.messages[-1] == "GET /failing 500"
    assert [record.status for record in caplog.records if record.name == "bot.channels.requests"] == [500]
    assert current_request.get() == ""


def test_the_line_of_a_request_names_the_route_not_the_address(app, caplog):
    with caplog.at_level(logging.INFO):
        app.test_client().get("/page/o6_bmjrPTlm6_2sgVt7hMZOPfL2M?question=secret")

    assert caplog.messages[-1] == "GET /page/<name> 200"
    assert "o6_bmjrPT" not in caplog.text and "secret" not in caplog.text

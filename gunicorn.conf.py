"""How gunicorn serves the bot. ``make run`` and ``deploy/`` use this file; settings come from BOT_*."""

import os
import subprocess
import sys

from bot.errors import SettingsError
from bot.settings import load_settings

try:
    _settings = load_settings()
except SettingsError as error:
    sys.exit(f"Error: {error}")

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.workers or min(os.cpu_count() or 1, 4)
worker_class = "gthread"
threads = _settings.threads
timeout = 30
graceful_timeout = 30
keepalive = 5
# 500 characters of four bytes each, percent-encoded, fit into GET /ask.
limit_request_line = 8190
# It would lie in the home folder, which two bots share and a service may not write to.
control_socket_disable = True
# Each worker loads its own model after the fork: onnxruntime's threads do not survive one.
preload_app = False
accesslog = None
loglevel = "info"


def post_worker_init(worker):
    """Load model and index, and open the question log, before the first question; say where to ask it."""
    from bot.errors import BotError

    worker.app.callable.extensions["question_log"].start()
    try:
        worker.app.callable.extensions["warm_up"]()
    except BotError as error:
        worker.log.error("not ready: %s", error)
        return
    if worker.age == 1:
        address = worker.cfg.bind[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - a reader cannot open 0.0.0.0
        worker.log.info("ready at http://%s – API page at /docs – try:", address)
        worker.log.info("  curl -G http://%s/ask --data-urlencode 'question=小程序备案要多久'", address)


def when_ready(server):
    """Start what sends answers to mini-program users: a process that no worker's death stops."""
    from bot.wechat_service import WechatService

    if WechatService(_settings).has_sender:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "wechat", "send", "--supervise"]
        server.sender = subprocess.Popen(command)


def on_exit(server):
    """Stop it again."""
    if sender := getattr(server, "sender", None):
        sender.terminate()

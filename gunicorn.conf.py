"""How gunicorn serves the bot. ``make run`` and ``deploy/`` use this file; settings come from BOT_*."""

import gc
import logging
import os
import sys
import tempfile
import threading
from pathlib import Path

from bot.channels.metrics.own_folder import claim_folder
from bot.errors import SettingsError
from bot.logs import catch_the_rest, log_config
from bot.settings import load_settings, share_metrics

try:
    _settings = load_settings()
except SettingsError as error:
    sys.exit(f"Error: {error}")

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.workers or min(os.cpu_count() or 1, 4)
worker_class = "bot.punctual_worker.PunctualWorker"
threads = _settings.threads
timeout = 30
graceful_timeout = 30
keepalive = 5
# Of a worker. An idle one takes some 5 KB.
worker_connections = 8192
# 500 characters of four bytes each, percent-encoded, fit into GET /ask.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# Proxies are believed by BOT_TRUSTED_PROXIES alone.
forwarded_allow_ips = ""
# It would lie in the home folder, which two bots share and a service may not write to.
control_socket_disable = True
# Each worker reads the settings, and opens the database, for itself.
preload_app = False
# It would tell addresses, and with them questions; the bot logs every request by itself.
accesslog = None
logger_class = "bot.server_log.ServerLog"
loglevel = "info"
logconfig_dict = log_config(_settings.log_format)
catch_the_rest()
# What no line tells need not be found out for each (Python's logging HOWTO, "Optimization").
logging.logThreads = logging.logMultiprocessing = False
logging._srcfile = None


def post_worker_init(worker):
    """Load model and index, and open the question log, before the first question; say where to ask it."""
    from bot.errors import BotError

    worker.waiting_at_most = _settings.waiting_requests
    extensions = worker.app.callable.extensions
    worker.observe_shed = extensions["request_shed"]
    worker.is_at_once = extensions["answered_at_once"]
    extensions["question_log"].start()
    try:
        extensions["warm_up"]()
    except BotError as error:
        worker.log.error("not ready: %s", error)
        return
    if worker.age == 1:
        address = worker.cfg.bind[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - a reader cannot open 0.0.0.0
        worker.log.info("ready at http://%s – API page at /docs – try:", address)
        worker.log.info("  curl -G http://%s/ask --data-urlencode 'question=小程序备案要多久'", address)


def on_starting(server):
    """A folder where the workers add up their metrics: in memory if possible, since they write often."""
    memory = Path("/dev/shm")  # noqa: S108
    is_usable = os.access(memory, os.W_OK | os.X_OK)
    server.metrics_folder = claim_folder(memory if is_usable else Path(tempfile.gettempdir()))
    share_metrics(server.metrics_folder.path)
    _load_for_all()


def _load_for_all():
    """What workers share in memory, loaded once: program (new code: restart), model, dictionaries."""
    gc.disable()
    from bot.preloading import load_dictionaries, load_model

    model = threading.Thread(target=load_model, args=(_settings,))
    model.start()
    import bot.web  # noqa: F401 - for its modules

    load_dictionaries()
    model.join()
    # A collection would write to what is shared, and unshare it. None now: it takes long and finds nothing.
    gc.freeze()
    gc.enable()


def child_exit(server, worker):
    """What a worker counted stays in the sums; what it served counts no more."""
    from bot.channels.metrics.shared_folder import retire_the_dead

    try:
        retire_the_dead(server.metrics_folder.path)
    except Exception:  # no number is worth the server's life
        server.log.exception("what worker %d counted could not be added up", worker.pid)


def when_ready(server):
    """Start what runs beside the server: processes that no worker's death stops."""
    from bot.processes import Companions
    from bot.wechat_service import WechatService

    wanted = {
        # What sends answers to mini-program users.
        "wechat send": WechatService(_settings).has_sender,
        "index watch": _settings.watch,
    }
    server.companions = Companions([command for command, is_on in wanted.items() if is_on])
    server.companions.keep()


def on_exit(server):
    """Stop it again, and leave nothing behind."""
    if hasattr(server, "metrics_folder"):
        server.metrics_folder.remove()
    if hasattr(server, "companions"):
        server.companions.stop()

"""How gunicorn serves the bot. ``make run`` and ``deploy/`` use this file; settings come from BOT_*."""

import os

from bot.settings import load_settings

_settings = load_settings()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers or min(os.cpu_count() or 1, 4)
worker_class = "gthread"
threads = _settings.threads
timeout = 30
graceful_timeout = 30
keepalive = 5
# Each worker loads its own model after the fork: onnxruntime's threads do not survive one.
preload_app = False
accesslog = None
loglevel = "info"


def post_worker_init(worker):
    """Load model and index before the first question; say where to ask it."""
    from bot.errors import BotError

    try:
        worker.app.callable.extensions["warm_up"]()
    except BotError as error:
        worker.log.error("not ready: %s", error)
        return
    if worker.age == 1:
        address = worker.cfg.bind[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - a reader cannot open 0.0.0.0
        worker.log.info("ready at http://%s – API page at /docs – try:", address)
        worker.log.info("  curl -G http://%s/ask --data-urlencode 'question=小程序备案要多久'", address)

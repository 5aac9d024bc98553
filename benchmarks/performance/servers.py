"""The bot, ready to be measured: without limits that would refuse a load, state in its own folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from benchmarks.performance.http_client import ask_each
from benchmarks.server import Server, free_port, launched
from benchmarks.wechat_pushes import APP_ID, TOKEN

WORKERS, THREADS = 2, 4
READY_WITHIN = 240.0
GUNICORN = ("-m", "gunicorn", "--no-control-socket")
# A Flask app of others on the gunicorn that the bot has.
SAME_GUNICORN = (
    *(*GUNICORN, "-c", "/dev/null", "-k", "gthread", "--keep-alive", "5"),
    *("-w", str(WORKERS), "--threads", str(THREADS), "-b", "127.0.0.1:{port}"),
)
EMPTY_APP = "benchmarks.peers.empty_app:app"


def bot_environment(data: Path) -> dict[str, str]:
    """What the bot is measured with; its index and model are this machine's own."""
    return {
        "BOT_DATA_DIR": str(data),
        "BOT_WORKERS": str(WORKERS),
        "BOT_THREADS": str(THREADS),
        "BOT_WECHAT_OFFICIAL_APP_ID": APP_ID,
        "BOT_WECHAT_OFFICIAL_TOKEN": TOKEN,
        "BOT_RATE_PER_ADDRESS": "",
        "BOT_RATE_PER_USER": "",
        "BOT_RATE_PER_KEY": "",
    }


@contextmanager
def serving(
    command: list[str], environment: dict[str, str], probe: bytes, log: Path, port: int = 0
) -> Iterator[Server]:
    """Any server; it is ready when it answers the probe with 200."""
    port = port or free_port()
    filled = [part.format(port=port) for part in command]
    with launched(
        filled, port, environment, lambda: answers(port, probe), log=log, within=READY_WITHIN
    ) as server:
        yield server


def serving_bot(folder: Path, probe: bytes, **settings: str) -> AbstractContextManager[Server]:
    """The bot; further settings by their variables."""
    port = free_port()
    environment = bot_environment(folder / "data") | {"BOT_PORT": str(port)} | settings
    return serving([sys.executable, *GUNICORN, "wsgi:app"], environment, probe, folder / "bot.log", port)


def answers(port: int, probe: bytes) -> bool:
    """Whether a server is there and answers a request as it should."""
    with suppress(OSError):
        return ask_each(port, [probe], clients=1)[0].status == 200
    return False

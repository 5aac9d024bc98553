"""The operator's WeChat commands: the sender, and the simulator."""

from __future__ import annotations

import os
import signal
import threading
import time

import click
import httpx
from flask.cli import AppGroup
from prometheus_client import CollectorRegistry

from bot.channels.metrics.wechat import WechatMetrics
from bot.channels.wechat.simulator import simulate
from bot.errors import BotError
from bot.logs import configure_logs
from bot.processes import is_orphan_of, step_back, supervise
from bot.wechat.credentials import Mode
from bot.wechat_service import WechatService


def wechat_commands(service: WechatService) -> AppGroup:
    """``flask --app wsgi wechat …``."""
    group = AppGroup("wechat", help="The WeChat channels: send answers, try an account.")

    @group.command("send")
    @click.option("--supervise", "keep", is_flag=True, help="Start the sender again whenever it dies.")
    @click.option("--beside", type=int, help="Stop when this process, which started this, has ended.")
    def send(keep: bool, beside: int | None) -> None:
        """Send queued answers to mini-program users until stopped (gunicorn starts this by itself)."""
        if keep:
            supervise("wechat send")
        else:
            parent = os.getppid() if beside is None else beside
            stopping = threading.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                # Messages in flight are finished first: a cut one could not be told from a lost one.
                signal.signal(name, lambda *_: stopping.set())
            go_on = lambda: not (is_orphan_of(parent) or stopping.is_set())  # noqa: E731
            configure_logs(service.settings.log_format)
            # A message may be late; whoever waits for an answer should not be.
            step_back()
            service.sender(WechatMetrics(CollectorRegistry())).run(go_on, time.sleep)

    @group.command("simulate")
    @click.argument("text")
    @click.option(
        "--account", default="official", help="Name of the account, such as mini or official:brand."
    )
    @click.option(
        "--mode", type=click.Choice([mode.value for mode in Mode]), help="Default: the account's own."
    )
    @click.option("--menu-id", help="Push a tap on a link: the msgmenuid in it.")
    @click.option("--json", "as_json", is_flag=True, help="Push JSON instead of XML.")
    @click.option("--url", default="http://127.0.0.1:8000", help="The running server.")
    def simulate_push(
        text: str, account: str, mode: str | None, menu_id: str | None, as_json: bool, url: str
    ) -> None:
        """Push TEXT to a running server as WeChat would, and print the reply it gives."""
        try:
            chosen = service.account(account)
            fields = {"MsgType": "text", "Content": text}
            fields |= {"bizmsgmenuid": menu_id} if menu_id else {}
            exchange = simulate(chosen, url, fields, Mode(mode or chosen.credentials.mode), as_json=as_json)
        except (BotError, KeyError, OSError) as error:
            raise click.ClickException(str(error.args[0] if error.args else error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.ClickException(f"{url}: {error}; is the server running there?") from error
        click.echo(exchange.opened)
        click.echo(f"[HTTP {exchange.status}, {len(exchange.body.encode())} bytes]", err=True)

    return group

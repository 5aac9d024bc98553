"""The operator's commands, ``flask --app wsgi index build`` and its kin: each is loaded when it is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import click
from flask.cli import AppGroup

from bot.parts import Parts


class Commands(AppGroup):
    """Every command of ``flask --app wsgi``; loading one loads what it works with and no more."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("bot")
        self._loaders = {name: cache(partial(load, parts)) for name, load in _LOADERS.items()}

    def list_commands(self, _context: click.Context) -> list[str]:
        """All names, in order."""
        return sorted(self._loaders)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        return self._loaders[name]() if name in self._loaders else None


def _index(parts: Parts) -> click.Command:
    from bot.cli_index import index_commands
    from bot.cli_watch import watch_command

    group = index_commands(parts.operations)
    group.add_command(watch_command(parts.operations))
    return group


def _jobs(parts: Parts) -> click.Command:
    from bot.cli_jobs import job_commands

    return job_commands(parts.operations, parts.stores())


def _keys(parts: Parts) -> click.Command:
    from bot.cli_keys import key_commands

    return key_commands(parts.stores())


def _knowledge(parts: Parts) -> click.Command:
    from bot.cli_knowledge import knowledge_commands

    return knowledge_commands(parts.operations)


def _model(parts: Parts) -> click.Command:
    from bot.cli_model import model_commands

    return model_commands(parts.operations)


def _evaluate(parts: Parts) -> click.Command:
    from bot.cli_evaluate import evaluate_command

    return evaluate_command(parts.answerer(), parts.operations)


def _ask(parts: Parts) -> click.Command:
    from bot.cli_ask import ask_command

    return ask_command(parts.answerer())


def _explain(parts: Parts) -> click.Command:
    from bot.cli_explain import explain_command

    return explain_command(parts.answerer())


def _wechat(parts: Parts) -> click.Command:
    from bot.cli_wechat import wechat_commands

    return wechat_commands(parts.wechat())


def _store(parts: Parts) -> click.Command:
    from bot.cli_store import store_commands

    return store_commands(parts.stores())


def _admin(parts: Parts) -> click.Command:
    from bot.cli_admin import admin_commands

    return admin_commands(parts.stores())


_LOADERS: dict[str, Callable[[Parts], click.Command]] = {
    "admin": _admin,
    "ask": _ask,
    "evaluate": _evaluate,
    "explain": _explain,
    "index": _index,
    "jobs": _jobs,
    "keys": _keys,
    "knowledge": _knowledge,
    "model": _model,
    "store": _store,
    "wechat": _wechat,
}

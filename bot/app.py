"""The composition root: builds every part and hands it what it needs. Nobody imports this but wsgi.py."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import FlaskGroup

from bot.cli import Commands
from bot.operations import Operations
from bot.parts import own_parts
from bot.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The web application with the operator's commands; raises SettingsError when a setting cannot be right.

    Where ``flask`` only looks for a command of ours it is the commands alone: they need no web pages.
    """
    operations = Operations(settings or load_settings())
    app = Flask(__name__, static_folder=None)
    if _is_for_a_command():
        app.cli = Commands(own_parts(operations))
        return app
    from bot.web import serve

    app.cli = Commands(serve(app, operations))
    return app


def _is_for_a_command() -> bool:
    """``flask run`` and the like are commands of Flask's, which load the app when they run."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)

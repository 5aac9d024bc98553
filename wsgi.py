"""The WSGI entry point: ``gunicorn wsgi:app`` and ``flask --app wsgi …``."""

from bot.app import create_app
from bot.errors import BotError

try:
    app = create_app()
except BotError as error:
    # A message, not a traceback, whoever starts it.
    raise SystemExit(f"Error: {error}") from error

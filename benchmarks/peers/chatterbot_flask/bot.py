"""The chat bot, as its documentation sets it up, without learning from who asks."""

from __future__ import annotations

import os
from pathlib import Path

from chatterbot import ChatBot
from chatterbot.tagging import LowercaseTagger

FOLDER = Path(os.environ["BENCH_FOLDER"])


def chatterbot() -> ChatBot:
    """A bot on the trained database."""
    return ChatBot(
        "benchmark",
        database_uri=f"sqlite:///{FOLDER / 'chatterbot.sqlite3'}",
        tagger=LowercaseTagger,
        search_algorithm_name="text_search",
        read_only=True,
    )

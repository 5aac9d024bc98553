"""The operator's command that asks one question."""

from __future__ import annotations

import click

from bot.answering.answerer import Answerer
from bot.cli_output import plain_errors


def ask_command(answerer: Answerer) -> click.Command:
    """``flask --app wsgi ask …``."""

    @click.command("ask", help="Answer one question here.")
    @click.argument("question")
    @plain_errors
    def ask(question: str) -> None:
        reply = answerer.answer(question)
        click.echo(reply.text)
        entry = reply.entry.id if reply.entry else "-"
        click.echo(f"[{reply.outcome}, entry {entry}, confidence {reply.confidence:.3f}]", err=True)

    return ask

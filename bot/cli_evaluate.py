"""The operator's command that measures how well questions are answered."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.cli_output import plain_errors
from bot.operations import Operations

if TYPE_CHECKING:
    from bot.evaluation import Figures, Judged, PlayedDialogue

_FAILURES_SHOWN = 50


def evaluate_command(answerer: Answerer, operations: Operations) -> click.Command:
    """``flask --app wsgi evaluate …``."""

    @click.command("evaluate")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--plot",
        "picture",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_picture_name,
        help="Also draw confidences, coverage and reliability into this file (.png, .svg, .pdf).",
    )
    @plain_errors
    def evaluate(file: Path, picture: Path | None) -> None:
        """Ask every question of a JSONL FILE and print how well they are answered.

        A line is {"question": …, "expected": entry id | [ids] | null | "any"}; null = must abstain.
        Or it is a dialogue of such questions: {"id": …, "turns": [questions]}.
        """
        from bot.evaluation import Dialogue, Judged, Labelled, by_language, play, read_labelled

        lines = read_labelled(file)
        labelled = [line for line in lines if isinstance(line, Labelled)]
        reply = Converser(answerer).reply
        played = [play(line, reply) for line in lines if isinstance(line, Dialogue)]
        judged = [Judged(item, answerer.answer(item.question)) for item in labelled]
        turns = [turn for dialogue in played for turn in dialogue.turns]
        _print_figures(by_language([*judged, *turns]))
        _print_failures([item for item in judged if not item.is_right])
        _print_dialogues(played)
        if picture:
            from bot.plotting import plot

            calibration = operations.live_calibration()
            threshold, reliability = calibration["answer_threshold"], calibration["reliability"]
            plot([*judged, *turns], threshold, picture, reliability)
            click.echo(f"plot written to {picture}")

    return evaluate


def _picture_name(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse before the questions are asked what could not be drawn after them."""
    from bot.plotting import FORMATS

    if path and path.suffix.lower() not in FORMATS:
        raise click.ClickException(f"{path}: name the picture {', '.join(FORMATS)}")
    return path


def _print_figures(groups: dict[str, Figures]) -> None:
    tables = {name: asdict(figures) for name, figures in groups.items()}
    click.echo(" " * 16 + "".join(f"{name:>10}" for name in tables))
    for key in tables["all"]:
        cells = "".join(_cell(table[key]) for table in tables.values())
        click.echo(f"{key.replace('_', ' '):16}{cells}")


def _cell(value: float | int | None) -> str:
    if value is None:
        return f"{'–':>10}"
    return f"{value:>10}" if isinstance(value, int) else f"{value:>10.3f}"


def _print_failures(failures: list[Judged]) -> None:
    if failures:
        click.echo(f"\n{len(failures)} failures (expected → given, confidence):")
    for item in failures[:_FAILURES_SHOWN]:
        click.echo(f"  {item.labelled.question}\n    {_verdict(item)}")
    if len(failures) > _FAILURES_SHOWN:
        click.echo(f"  … and {len(failures) - _FAILURES_SHOWN} more")


def _verdict(item: Judged) -> str:
    return f"{item.labelled.wanted} → {item.given}, {item.reply.confidence:.3f}"


def _print_dialogues(played: list[PlayedDialogue]) -> None:
    """Shares of whole dialogues and of turns that are right, and the first wrong turn of each dialogue."""
    if not played:
        return
    right = sum(item.is_right for item in played)
    turns = [turn for item in played for turn in item.turns]
    right_turns = sum(turn.is_right for turn in turns)
    click.echo(f"\nwhole dialogues right: {right} of {len(played)} ({right / len(played):.1%})")
    click.echo(f"turns right: {right_turns} of {len(turns)} ({right_turns / len(turns):.1%})")
    for item in played:
        wrong = [(n, turn) for n, turn in enumerate(item.turns, 1) if not turn.is_right]
        for number, turn in wrong[:1]:
            click.echo(f"  {item.dialogue.id}, turn {number}: {turn.labelled.question}\n    {_verdict(turn)}")

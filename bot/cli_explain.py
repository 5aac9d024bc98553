"""The operator's view into one decision: ``flask --app wsgi explain "…"``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from bot.answering.answerer import Answerer
from bot.answering.explaining import HITS_SHOWN, Asked, Explanation, explain
from bot.cli_output import plain_errors
from bot.domain import Closeness, Hit, Language

_COLUMNS = ("score", "vector", "passage", "lexical", "classifier")


def explain_command(answerer: Answerer) -> click.Command:
    """``flask --app wsgi explain …``."""

    @click.command("explain", help="Say why one question gets the reply it gets.")
    @click.argument("question")
    @click.option("--json", "as_json", is_flag=True, help="For programs.")
    @click.option(
        "--language", type=click.Choice([name.value for name in Language]), help="Answer in this language."
    )
    @click.option(
        "--after", "before", multiple=True, help="A question asked before it; give it again for each of them."
    )
    @plain_errors
    def command(question: str, as_json: bool, language: str | None, before: tuple[str, ...]) -> None:
        asked = Asked(question.strip(), Language(language) if language else None, before)
        found = explain(answerer, asked, most=HITS_SHOWN).explanation
        if as_json:
            click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        else:
            click.echo("\n".join(_lines(found)))

    return command


def _lines(found: Explanation) -> Iterator[str]:
    detected = "" if found.language == found.detected_language else f" ({found.detected_language} detected)"
    yield f"normalised   {found.normalised}"
    yield f"language     {found.language}{detected}"
    yield f"read as      {found.read_as or 'it stands'}"
    if found.goes_on_from:
        yield f"goes on from {found.goes_on_from}"
    yield f"exact match  {'yes' if found.is_exact else 'no'}"
    for part in found.asked:
        known = "known" if part.is_known else "not known"
        yield f"part         {part.text} → {part.entry_id}, {part.confidence:.3f}, {known}"
    yield from _table(found.hits)
    yield f"signals{' of the question as a whole' if found.asked else ''}"
    yield from (f"  {name:16} {value:9.3f}" for name, value in found.signals.items())
    yield f"confidence   {found.confidence:.3f}"
    yield f"thresholds   answer {found.answer_threshold:.3f}, clarify {found.clarify_threshold:.3f}"
    yield f"outcome      {found.outcome}{f': {found.entry}' if found.entry else ''}"
    yield f"why          {found.why}"
    yield f"index        {found.index_version}"


def _table(hits: tuple[Hit, ...]) -> Iterator[str]:
    width = max((len(hit.entry_id) for hit in hits), default=0) + 2
    yield ""
    yield " " * width + "".join(f"{name:>12}" for name in _COLUMNS)
    for hit in hits:
        cells = (hit.score, *_parts(hit.closeness))
        yield f"{hit.entry_id:{width}}" + "".join(
            f"{'–':>12}" if value is None else f"{value:12.3f}" for value in cells
        )
    yield ""


def _parts(closeness: Closeness | None) -> tuple[float | None, ...]:
    if closeness is None:
        return (None,) * 4
    return closeness.phrasing, closeness.passage, closeness.lexical, closeness.belief

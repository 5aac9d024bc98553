"""Adds a check to a knowledge folder: a line of ``checks.jsonl``, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bot.answering.normalising import normalise
from bot.checks import CHECKS_FILE
from bot.errors import KnowledgeError
from bot.evaluation import ANY_TEXT, Dialogue, Labelled, read_labelled
from bot.knowledge.file_changes import alone_in, write_files


def new_check(question: str, expected: Sequence[str], before: Sequence[str]) -> Labelled | Dialogue:
    """A check that the question is answered by one of the entries, or by none if none are given.

    After other questions it is a dialogue in which their replies may say anything.
    """
    asked = Labelled(question, tuple(expected))
    if not before:
        return asked
    turns = (*(Labelled(text, (), any_text=True) for text in before), asked)
    return Dialogue(" → ".join((*before, question)), turns)


def line_of(check: Labelled | Dialogue) -> str:
    """The check as it stands in the file, without the end of the line."""
    if isinstance(check, Dialogue):
        fields: dict[str, object] = {"id": check.id, "turns": [_fields(turn) for turn in check.turns]}
    else:
        fields = _fields(check)
    return json.dumps(fields, ensure_ascii=False)


def _fields(check: Labelled) -> dict[str, object]:
    only = check.expected[0] if len(check.expected) == 1 else list(check.expected) or None
    return {"question": check.question, "expected": ANY_TEXT if check.any_text else only}


def alike(folder: Path, check: Labelled | Dialogue) -> list[str]:
    """The lines that ask the same already, whatever they expect; raises EvaluationFileError."""
    path = folder / CHECKS_FILE
    known = read_labelled(path) if path.is_file() else []
    return [line_of(other) for other in known if _asked(other) == _asked(check)]


def _asked(check: Labelled | Dialogue) -> list[str]:
    turns = check.turns if isinstance(check, Dialogue) else (check,)
    return [normalise(turn.question).key for turn in turns]


def add_check(folder: Path, check: Labelled | Dialogue) -> int:
    """Append the check; the number of its line. Raises KnowledgeError where the folder cannot be written."""
    path = folder / CHECKS_FILE
    try:
        with alone_in(folder):
            before = path.read_bytes() if path.is_file() else b""
            gap = b"" if not before or before.endswith(b"\n") else b"\n"
            content = before + gap + line_of(check).encode() + b"\n"
            write_files(folder, {Path(CHECKS_FILE): content})
    except OSError as error:
        raise KnowledgeError(
            "%(path)s cannot be written (%(error)s); let the user that runs the bot write there",
            path=path,
            error=error,
        ) from error
    return content.count(b"\n")
